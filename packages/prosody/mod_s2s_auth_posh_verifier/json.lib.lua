-- JSON of the service (RFC 8259), strictly: a repeated member is an error, because parsers differ in which one they use
-- (POSH-FMT-03 asks the same of documents). util.json takes the last one, and also takes comments.
local use = module:require "use";
local valid_utf8 = use "util.encodings".utf8.valid;

local max_depth = 16;
local null = setmetatable({}, { __tostring = function () return "null"; end });
local escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" };

local function fail(reason)
	error({ json = reason }, 0);
end

local function utf8(code)
	if code < 0x80 then return string.char(code); end
	if code < 0x800 then return string.char(0xC0 + math.floor(code / 0x40), 0x80 + code % 0x40); end
	if code < 0x10000 then
		return string.char(0xE0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40);
	end
	return string.char(0xF0 + math.floor(code / 0x40000), 0x80 + math.floor(code / 0x1000) % 0x40,
		0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40);
end

local function unit(text, at)
	local digits = text:match("^\\u(%x%x%x%x)", at);
	return digits and tonumber(digits, 16);
end

-- The character of an escape and the position behind it.
local function escaped(text, at)
	local short = escapes[text:sub(at + 1, at + 1)];
	if short then return short, at + 2; end
	local code = unit(text, at);
	if not code then fail("an escape that JSON does not know"); end
	if code < 0xD800 or code > 0xDFFF then return utf8(code), at + 6; end
	local low = code < 0xDC00 and unit(text, at + 6);
	if not low or low < 0xDC00 or low > 0xDFFF then fail("half of a surrogate pair"); end
	return utf8(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), at + 12;
end

local function read_string(text, at)
	local parts, from = {}, at + 1;
	while true do
		local stop = text:find('["\\%c]', from);
		if not stop then fail("a string without an end"); end
		parts[#parts + 1] = text:sub(from, stop - 1);
		local character = text:sub(stop, stop);
		if character == '"' then return table.concat(parts), stop + 1; end
		if character == "\127" then
			parts[#parts + 1], from = character, stop + 1;
		elseif character == "\\" then
			parts[#parts + 1], from = escaped(text, stop);
		else
			fail("a control character in a string");
		end
	end
end

local function read_number(text, at)
	local integer = text:match("^%-?[1-9]%d*", at) or text:match("^%-?0", at);
	if not integer then fail("something that is no value"); end
	local stop = at + #integer;
	local fraction = text:match("^%.%d+", stop) or "";
	stop = stop + #fraction;
	local exponent = text:match("^[eE][+-]?%d+", stop) or "";
	stop = stop + #exponent;
	if text:find("^[%w.+-]", stop) then fail("a number that JSON does not know"); end
	return tonumber(integer .. fraction .. exponent), stop;
end

local function skip(text, at)
	return text:find("[^ \t\r\n]", at) or #text + 1;
end

local read_value;

local function read_array(text, at, depth)
	local list = {};
	at = skip(text, at + 1);
	if text:sub(at, at) == "]" then return list, at + 1; end
	while true do
		list[#list + 1], at = read_value(text, at, depth);
		at = skip(text, at);
		local character = text:sub(at, at);
		if character == "]" then return list, at + 1; end
		if character ~= "," then fail("a list that goes on without a comma"); end
		at = skip(text, at + 1);
	end
end

local function read_object(text, at, depth)
	local object = {};
	at = skip(text, at + 1);
	if text:sub(at, at) == "}" then return object, at + 1; end
	while true do
		if text:sub(at, at) ~= '"' then fail("a member without a name"); end
		local name;
		name, at = read_string(text, at);
		if object[name] ~= nil then fail("a repeated member"); end
		at = skip(text, at);
		if text:sub(at, at) ~= ":" then fail("a member without a value"); end
		object[name], at = read_value(text, skip(text, at + 1), depth);
		at = skip(text, at);
		local character = text:sub(at, at);
		if character == "}" then return object, at + 1; end
		if character ~= "," then fail("an object that goes on without a comma"); end
		at = skip(text, at + 1);
	end
end

local words = { t = { "true", true }, f = { "false", false }, n = { "null", null } };

function read_value(text, at, depth)
	if depth > max_depth then fail("values in values in values"); end
	local character = text:sub(at, at);
	if character == "{" then return read_object(text, at, depth + 1); end
	if character == "[" then return read_array(text, at, depth + 1); end
	if character == '"' then return read_string(text, at); end
	local word = words[character];
	if not word then return read_number(text, at); end
	if text:sub(at, at + #word[1] - 1) ~= word[1] then fail("something that is no value"); end
	return word[2], at + #word[1];
end

-- The value of `text`, or nil and what is wrong with it.
local function decode(text)
	if type(text) ~= "string" or not valid_utf8(text) then return nil, "no UTF-8"; end
	local ok, value, stop = pcall(function ()
		local found, behind = read_value(text, skip(text, 1), 0);
		return found, skip(text, behind);
	end);
	if not ok then return nil, type(value) == "table" and value.json or "an error of the parser"; end
	if stop <= #text then return nil, "text behind the value"; end
	return value;
end

return { decode = decode, null = null };
