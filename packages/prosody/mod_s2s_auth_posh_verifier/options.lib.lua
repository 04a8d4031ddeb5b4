-- The options, checked as a whole: settings, or the list of what is wrong. A range says what it protects in the guide.
local use = module:require "use";
local parse_url = use "socket.url".parse;

local known = {};
local prefix = "posh_verifier_";

local function integer(low, high, fallback)
	return function (value)
		if value == nil then return fallback; end
		if type(value) ~= "number" or value % 1 ~= 0 or value < low or value > high then
			return nil, ("must be an integer from %d to %d"):format(low, high);
		end
		return value;
	end
end

local function seconds(low, high, fallback)
	return function (value)
		if value == nil then return fallback; end
		if type(value) ~= "number" or not (value >= low and value <= high) then
			return nil, ("must be a number of seconds from %g to %g"):format(low, high);
		end
		return value;
	end
end

local function boolean(fallback)
	return function (value)
		if value == nil then return fallback; end
		if type(value) ~= "boolean" then return nil, "must be true or false"; end
		return value;
	end
end

local function path(value)
	if value == nil then return false; end
	if type(value) ~= "string" or value == "" then return nil, "must be the path of a file"; end
	return value;
end

local function one_of(choices, fallback)
	return function (value)
		if value == nil then return fallback; end
		for _, choice in ipairs(choices) do
			if value == choice then return value; end
		end
		return nil, "must be one of: " .. table.concat(choices, ", ");
	end
end

local proof_types = { posh = true, pkix = true, dane = true };

local function proofs(value)
	if value == nil then return false; end
	if type(value) ~= "table" or #value == 0 then return nil, "must be a list of posh, pkix, dane"; end
	local seen = {};
	for _, proof in ipairs(value) do
		if not proof_types[proof] or seen[proof] then return nil, "must be a list of posh, pkix, dane, each at most once"; end
		seen[proof] = true;
	end
	return { (table.unpack or unpack)(value) }; -- luacheck: ignore 113/unpack
end

local function loopback(host)
	if host == "localhost" or host == "::1" then return true; end
	local a, b, c, d = host:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$");
	if not a then return false; end
	return tonumber(a) == 127 and tonumber(b) < 256 and tonumber(c) < 256 and tonumber(d) < 256;
end

-- An endpoint, or nil and the reason.
local function endpoint(value, allow_plain)
	if type(value) ~= "string" or value:find("[^\33-\126]") then return nil, "must be a URL, or a list of URLs"; end
	local url = parse_url(value);
	if not url or not url.host or (url.scheme ~= "http" and url.scheme ~= "https") then
		return nil, "must begin with https:// or http:// and a host";
	end
	if url.userinfo or url.query or url.fragment or url.params then
		return nil, "must be scheme, host, port and path, and nothing else";
	end
	local port = url.port and tonumber(url.port);
	if url.port and (not port or port < 1 or port > 65535) then return nil, "has a port that is none"; end
	local host = url.host:gsub("^%[", ""):gsub("%]$", "");
	if not host:find("^[%w.-]+$") and not host:find("^[%x.]*:[%x:.]+$") then return nil, "has a host that is none"; end
	if url.scheme == "http" and not allow_plain and not loopback(host) then
		return nil, "is plain http to another machine: use https, or set posh_verifier_allow_plain_http";
	end
	local shown = host:find(":", 1, true) and "[" .. host .. "]" or host;
	local authority = port and shown .. ":" .. url.port or shown;
	local base = url.scheme .. "://" .. authority .. (url.path or ""):gsub("/+$", "");
	return { base = base, authority = authority, secure = url.scheme == "https" };
end

local max_endpoints = 8;

local function endpoints(value, allow_plain)
	local list = type(value) == "table" and value or { value };
	if #list == 0 or #list > max_endpoints then return nil, ("must be a URL, or a list of 1 to %d URLs"):format(max_endpoints); end
	local found = {};
	for index, each in ipairs(list) do
		local one, reason = endpoint(each, allow_plain);
		if not one then return nil, reason; end
		found[index] = one;
	end
	return found;
end

local readers = {
	mode = one_of({ "fallback", "always" }, "fallback");
	timeout = seconds(1, 60, 10);
	max_pending = integer(1, 10000, 256);
	cache_entries = integer(0, 1000000, 10000);
	max_body = integer(1024, 1048576, 65536);
	recheck = boolean(true);
	proofs = proofs;
	allow_plain_http = boolean(false);
	key_file = path;
	ca_file = path;
};

for name in pairs(readers) do known[prefix .. name] = true; end
known[prefix .. "url"] = true;

-- A misspelt option, or one in the section of a host, would leave its default in force without a word.
local function unread(sections)
	local problems = {};
	for host, options in pairs(sections) do
		for name in pairs(options) do
			if type(name) == "string" and name:sub(1, #prefix) == prefix then
				if not known[name] then
					problems[#problems + 1] = name .. " is no option of this module";
				elseif host ~= "*" then
					problems[#problems + 1] = ("%s belongs into the global section, not into that of %s"):format(name, host);
				end
			end
		end
	end
	return problems;
end

-- `get` gives the value of an option by its name; `sections` has all options that are set, by host, the global ones as "*".
local function read(get, sections)
	local settings, problems = {}, unread(sections);
	local function problem(name, reason)
		problems[#problems + 1] = ("%s%s %s"):format(prefix, name, reason);
	end
	for name, reader in pairs(readers) do
		local value, reason = reader(get(prefix .. name));
		if value == nil then problem(name, reason); end
		settings[name] = value;
	end
	local found, reason = endpoints(get(prefix .. "url"), settings.allow_plain_http == true);
	if not found then problem("url", reason); end
	settings.endpoints = found;
	table.sort(problems);
	if #problems > 0 then return nil, problems; end
	return settings;
end

return { read = read };
