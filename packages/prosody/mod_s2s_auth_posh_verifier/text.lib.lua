-- Text of strangers for a log: one line of printable ASCII, of bounded length.
local limit = 200;

local function escape(character)
	return ("\\x%02x"):format(character:byte());
end

local function plain(value, max)
	max = max or limit;
	local text = tostring(value);
	local cut = #text > max;
	text = text:sub(1, max):gsub("[%c\127-\255\\]", escape);
	return cut and text .. "..." or text;
end

return { plain = plain };
