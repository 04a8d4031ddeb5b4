local _, test = ...;
local read = module:require "options".read;
local keeper = module:require "key".keeper;

local function settings(options, of_host)
	return read(function (name) return options[name]; end, { ["*"] = options, ["here.example"] = of_host or {} });
end

test.case("defaults", function ()
	local found = settings({ posh_verifier_url = "http://127.0.0.1:8080/" });
	test.equal(found.endpoints[1].base, "http://127.0.0.1:8080");
	test.equal(found.endpoints[1].authority, "127.0.0.1:8080");
	test.equal(found.mode, "fallback");
	test.equal(found.timeout, 10);
	test.equal(found.max_pending, 256);
	test.equal(found.cache_entries, 10000);
	test.equal(found.max_body, 65536);
	test.equal(found.recheck, true);
	test.equal(found.proofs, false);
	test.equal(found.allow_plain_http, false);
	test.equal(found.key_file, false);
	test.equal(found.ca_file, false);
end);

local url = "https://posh.example";
local good = {
	{ posh_verifier_url = { "https://a.example/posh/", "https://b.example:8443" } },
	{ posh_verifier_url = "http://localhost:8080" }, { posh_verifier_url = "http://[::1]:8080" }, { posh_verifier_url = "http://127.9.9.9" },
	{ posh_verifier_url = "http://posh.example", posh_verifier_allow_plain_http = true },
	{ posh_verifier_url = url, posh_verifier_timeout = 1.5, posh_verifier_proofs = { "pkix", "posh" }, posh_verifier_mode = "always" },
	{ posh_verifier_url = url, posh_verifier_cache_entries = 0, posh_verifier_max_body = 1024, posh_verifier_recheck = false },
	{ posh_verifier_url = url, another_option = "x" },
};
for index, options in ipairs(good) do
	test.case("good " .. index, function ()
		local found, problems = settings(options);
		test.equal(found and "good" or table.concat(problems, "; "), "good");
	end);
end

local bad = {
	url = {
		{}, "posh.example", "ftp://posh.example", "https://", "http://posh.example", "http://127.0.0.1.example", "http://127.0.0.1@x.example",
		"https://user:secret@posh.example", "https://posh.example?x", "https://posh.example#x", "https://posh.example:0",
		"https://posh.example:99999", "https://posh.example:x", 5, true, "", "https://a b", "https://a\nb", "http://128.0.0.1",
		{ url, url, url, url, url, url, url, url, url }, { url, "x" },
	};
	timeout = { "10", 0, 61, 0.5, 0 / 0, 1 / 0, true, {} };
	max_pending = { 0, 1.5, 10001, "1", -1 };
	cache_entries = { -1, 1000001, "all" };
	max_body = { 10, 1048577 };
	mode = { "Always", "", true };
	recheck = { "yes", 1 };
	proofs = { {}, "posh", { "POSH" }, { "posh", "posh" }, { "posh", 1 } };
	allow_plain_http = { "true" };
	key_file = { "", 1, {} };
	ca_file = { "", false };
	tiemout = { 10 };
};
for name, values in pairs(bad) do
	for index, value in ipairs(values) do
		test.case("bad " .. name .. " " .. index, function ()
			local options = { posh_verifier_url = url, ["posh_verifier_" .. name] = value };
			local found, problems = settings(options);
			test.equal(found, nil);
			test.equal(#problems, 1);
			test.contains(problems[1], "posh_verifier_" .. name .. " ");
		end);
	end
end

test.case("an option in the section of a host", function ()
	local found, problems = settings({ posh_verifier_url = url }, { posh_verifier_mode = "always", modules_enabled = {} });
	test.equal(found, nil);
	test.equal(table.concat(problems), "posh_verifier_mode belongs into the global section, not into that of here.example");
end);

test.case("no URL", function ()
	local found, problems = settings({});
	test.equal(found, nil);
	test.contains(problems[1], "posh_verifier_url");
end);

local function write(path, text)
	local file = assert(io.open(path, "wb"));
	file:write(text);
	file:close();
end

test.case("a key is read again when its file has changed, and is gone with it", function ()
	local path = os.tmpname();
	write(path, "first\n");
	local key = keeper(path);
	test.equal(key(), "first");
	write(path, "another-one\n");
	test.equal(key(), "another-one");
	for _, text in ipairs({ "", "two words", "a\nb", "caf\195\169", ("x"):rep(5000), "a\0b" }) do
		write(path, text);
		local found, reason = key();
		test.equal(found, nil, text:sub(1, 20));
		test.equal(type(reason), "string");
	end
	write(path, "back");
	test.equal(key(), "back");
	os.remove(path);
	test.equal(key(), nil);
	test.equal(keeper(false)(), false);
end);
