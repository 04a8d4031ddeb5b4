-- Debian's Prosody has its compiled libraries for Lua 5.4 alone. Under the other versions these stand in for them: enough for the
-- cases, and wrong for anything else.
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

local function encode(octets)
	local parts = {};
	for at = 1, #octets, 3 do
		local a, b, c = octets:byte(at, at + 2);
		local bits = a * 65536 + (b or 0) * 256 + (c or 0);
		for place = 3, 0, -1 do
			local index = math.floor(bits / 64 ^ place) % 64 + 1;
			local absent = (place == 0 and not c) or (place == 1 and not b);
			parts[#parts + 1] = absent and "=" or alphabet:sub(index, index);
		end
	end
	return table.concat(parts);
end

local function decode(text)
	local parts, bits, count = {}, 0, 0;
	for character in text:gsub("[^%w+/]", ""):gmatch(".") do
		bits, count = bits * 64 + alphabet:find(character, 1, true) - 1, count + 6;
		if count >= 8 then
			count = count - 8;
			parts[#parts + 1] = string.char(math.floor(bits / 2 ^ count));
			bits = bits % 2 ^ count;
		end
	end
	return table.concat(parts);
end

local function length_of(first)
	if first < 0x80 then return 1; end
	if first >= 0xC2 and first < 0xE0 then return 2; end
	if first >= 0xE0 and first < 0xF0 then return 3; end
	return first >= 0xF0 and first < 0xF5 and 4 or nil;
end

local function valid(text)
	local at = 1;
	while at <= #text do
		local length = length_of(text:byte(at));
		if not length or not text:sub(at + 1, at + length - 1):find("^" .. ("[\128-\191]"):rep(length - 1) .. "$") then
			return false;
		end
		at = at + length;
	end
	return true;
end

local function to_ascii(name)
	if name == "bücher.example" then return "xn--bcher-kva.example"; end
	return #name <= 255 and name:find("^[%w._-]+$") and name or nil;
end

local function sum(text)
	local value = 5381;
	for at = 1, #text do value = (value * 33 + text:byte(at)) % 2 ^ 32; end
	return ("%08x"):format(value);
end

local function pem2der(pem)
	local label, data = pem:match("BEGIN ([A-Z ]+)%-%-%-%-%-\n([%w+/=\n]*)\n%-%-%-%-%-END");
	if label then return decode(data), label; end
end

local function attributes(path)
	local file = io.open(path);
	if not file then return nil, "there is no such file"; end
	file:close();
	return { ino = 1, size = 1, modification = os.time(), change = os.time() };
end

package.loaded["util.encodings"] = {
	base64 = { encode = encode, decode = decode }, utf8 = { valid = valid }, idna = { to_ascii = to_ascii },
	stringprep = { nameprep = string.lower };
};
package.loaded["util.hashes"] = { sha256 = sum, hmac_sha256 = sum };
package.loaded["util.random"] = { bytes = function (count) return ("x"):rep(count); end };
package.loaded["util.x509"] = { pem2der = pem2der };
package.loaded["lfs"] = { attributes = attributes };
