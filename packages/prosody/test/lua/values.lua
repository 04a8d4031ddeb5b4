local world, test = ...;
local clock = module:require "clock";
local plain = module:require "text".plain;
local make_question = module:require "question".make;
local chain = module:require "chain";
local memory_lib = module:require "memory";

local instants = {
	["1970-01-01T00:00:00Z"] = 0, ["2026-11-30T00:00:00Z"] = 1795996800, ["2024-02-29T12:34:56.5Z"] = 1709210096.5,
	["2100-03-01T00:00:00Z"] = 4107542400, ["2026-11-30T00:00:00+01:00"] = false, ["2026-13-01T00:00:00Z"] = false,
	["2026-11-30"] = false, ["2026-11-30T00:00:00.Z"] = false, ["2026-11-30T25:00:00Z"] = false, ["x2026-11-30T00:00:00Z"] = false;
};
for text, seconds in pairs(instants) do
	test.case(text, function () test.equal(clock.instant(text), seconds or nil); end);
end

test.case("an end comes by the clock that says so first", function ()
	local ending = clock.ending(60);
	world.wall = world.wall - 3600;
	test.equal(clock.left(ending), 60);
	world.wall = world.wall + 3600 + 61;
	test.equal(clock.left(ending), -1);
	world.wall = world.wall - 61;
end);

test.case("text of strangers is one bounded line", function ()
	test.equal(plain("a\nb\r\0\27[31m\\é"), "a\\x0ab\\x0d\\x00\\x1b[31m\\x5c\\xc3\\xa9");
	test.equal(plain(("x"):rep(500)), ("x"):rep(200) .. "...");
end);

-- U+3002 is a dot to IDNA, but not to Prosody: the name would be another one than a.example, for blocklists also.
local domains = {
	["Example.ORG"] = "example.org", ["bücher.example"] = "xn--bcher-kva.example", ["a b.example"] = false, [""] = false,
	[("a"):rep(300)] = false, ["a/../b.example"] = false, ["a\n.example"] = false, ["[::1]"] = false,
	["a.example."] = false, [".a.example"] = false, ["a..example"] = false, ["a_b.example"] = false,
	["a\227\128\130example"] = false, ["STRASSE.example"] = "strasse.example";
};
for host, domain in pairs(domains) do
	test.case("domain " .. host, function ()
		local question = make_question(host, { digest = "d", certificates = {}, leaf = "l" });
		test.equal(question and question.domain, domain or nil);
	end);
end

test.case("the key tells apart what matters", function ()
	local seen = {};
	for _, each in ipairs({
		{ "a.example", "d" }, { "b.example", "d" }, { "a.example", "e" }, { "a.example", "d", { "pkix" } }, { "a.example", "d", { "posh" } };
	}) do
		local key = make_question(each[1], { digest = each[2], certificates = {}, leaf = "l" }, each[3]).key;
		test.equal(seen[key], nil);
		seen[key] = true;
	end
end);

local base64 = (module:require "use")("util.encodings").base64.encode;
local function certificate(der)
	local pem = ("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"):format(base64(der));
	return { pem = function () return pem; end };
end
local function connection(list)
	return { socket = function () return { getpeerchain = function () return list; end }; end };
end

test.case("the leaf comes first, once", function ()
	local leaf, issuer = certificate("leaf"), certificate("issuer");
	local with = chain.from_connection(connection({ leaf, issuer }), leaf);
	local without = chain.from_connection(connection({ issuer }), leaf);
	test.equal(table.concat(with.certificates, " "), "bGVhZg== aXNzdWVy");
	test.equal(table.concat(without.certificates, " "), "bGVhZg== aXNzdWVy");
	test.equal(with.digest, without.digest);
	test.equal(chain.from_connection(connection(nil), leaf).digest ~= with.digest, true);
end);

test.case("a chain is bounded", function ()
	local many, leaf = {}, certificate("leaf");
	for index = 1, 50 do many[index] = certificate(("x"):rep(index)); end
	test.equal(#chain.from_connection(connection(many), leaf).certificates, 10);
	local large = { leaf, certificate(("x"):rep(200000)) };
	test.equal(#chain.from_connection(connection(large), leaf).certificates, 1);
	test.equal(chain.from_connection(connection({}), certificate(("x"):rep(200000))), nil);
	test.equal(chain.from_connection(connection({}), { pem = function () return "nothing"; end }), nil);
	test.equal(chain.from_connection(connection({ leaf, { pem = function () return nil; end } }), leaf), nil);
end);

local function yes(ttl) return { valid = true, verdict = "verified", ttl = ttl }; end

test.case("memory keeps for ttl, by both clocks", function ()
	local memory = memory_lib.new(2);
	memory.put("a", yes(60));
	test.equal(memory.get("a").valid, true);
	world.advance(59);
	test.equal(memory.get("a").valid, true);
	world.advance(2);
	test.equal(memory.get("a"), nil);
	memory.put("a", yes(60));
	world.wall = world.wall - 10;
	test.equal(memory.get("a"), nil, "after the wall clock was set back");
	world.wall = world.wall + 10;
end);

test.case("memory is bounded, and evicts what was used longest ago", function ()
	local memory = memory_lib.new(2);
	memory.put("a", yes(60));
	memory.put("b", yes(60));
	memory.get("a");
	memory.put("c", yes(60));
	test.equal(memory.count(), 2);
	test.equal(memory.get("b"), nil);
	test.equal(memory.get("a").valid, true);
	test.equal(memory.clear(), 2);
end);

test.case("memory does not keep failures, indeterminate and ttl 0; a no replaces a yes", function ()
	local memory = memory_lib.new(10);
	memory.put("a", { fault = "timeout" });
	memory.put("b", { valid = false, verdict = "indeterminate", ttl = 60 });
	memory.put("c", yes(0));
	test.equal(memory.count(), 0);
	memory.put("d", yes(60));
	memory.put("d", { fault = "timeout" });
	test.equal(memory.get("d").valid, true);
	memory.put("d", { valid = false, verdict = "mismatch", ttl = 0 });
	test.equal(memory.get("d"), nil);
	memory.put("e", { valid = false, verdict = "mismatch", ttl = 60 });
	test.equal(memory.get("e").valid, false);
	memory_lib.new(0).put("a", yes(60));
	test.equal(memory_lib.new(0).get("a"), nil);
end);
