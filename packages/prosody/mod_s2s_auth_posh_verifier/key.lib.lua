-- The API key, from a file that is read again when it has changed, so that a key can be rotated without a restart.
local use = module:require "use";
local attributes = use "lfs".attributes;

local max_octets = 4096;

local function read(path)
	local file, reason = io.open(path, "rb");
	if not file then return nil, reason; end
	local content = file:read(max_octets + 1) or "";
	file:close();
	if #content > max_octets then return nil, path .. " is too long for a key"; end
	local key = content:match("^%s*([\33-\126]+)%s*$");
	if not key then return nil, path .. " does not contain one key, a word of printable ASCII"; end
	return key;
end

-- A function that gives the key, or nil and the reason. A file that cannot be read now gives no key, even if it could be read
-- before: a key that was taken away must not live on.
local function keeper(path)
	if not path then return function () return false; end end
	local stamp, key;
	return function ()
		local found, reason = attributes(path);
		if not found then
			stamp, key = nil, nil;
			return nil, tostring(reason);
		end
		local current = ("%s %s %s %s"):format(found.ino, found.size, found.modification, found.change);
		-- Times of files are whole seconds here: one that changed just now may change again within the same second.
		if current == stamp and os.time() - found.change > 2 then return key; end
		key, reason = read(path);
		stamp = key and current or nil;
		return key, reason;
	end
end

return { keeper = keeper };
