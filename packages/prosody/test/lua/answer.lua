local world, test = ...;
local answer = module:require "answer";
local encode = (module:require "use")("util.json").encode;

local question = { domain = "a.example", service = "xmpp-server", chain = { leaf = "bGVhZg==" } };
local headers = { ["content-type"] = "application/json" };

local function good()
	return {
		id = "1", valid = true, verdict = "verified", code = "Verified", message = "yes", domain = "a.example", service = "xmpp-server",
		prooftype = "posh", certificate = { sha256 = "bGVhZg==", datesChecked = true }, ttl = 60, retryable = false,
		validUntil = "2026-11-30T02:00:00Z", refreshAfter = "2026-11-30T01:00:00Z";
	};
end

local function read(value, other)
	local response = { code = 200, headers = headers, body = type(value) == "string" and value or encode(value) };
	for name, each in pairs(other or {}) do response[name] = each; end
	return answer.read(response, question);
end

test.case("a yes", function ()
	local found = read(good());
	test.equal(found.fault, nil);
	test.equal(found.valid, true);
	test.equal(found.ttl, 60);
	test.equal(found.valid_until, world.wall + 7200);
	test.equal(found.refresh_after, world.wall + 3600);
end);

test.case("a no", function ()
	local no = good();
	no.valid, no.verdict, no.code, no.ttl, no.validUntil, no.refreshAfter = false, "mismatch", "CertificateMismatch", 0, nil, nil;
	test.equal(read(no).valid, false);
	test.equal(read(no).fault, nil);
end);

local function with(change)
	local value = good();
	change(value);
	return value;
end

local wrong = {
	foreign = {
		with(function (v) v.domain = "b.example"; end), with(function (v) v.domain = nil; end), with(function (v) v.domain = "A.example"; end),
		with(function (v) v.service = "xmpp-client"; end), with(function (v) v.certificate.sha256 = "xxxx"; end),
		with(function (v) v.certificate = {}; end), with(function (v) v.certificate.datesChecked = false; end),
		with(function (v) v.certificate.datesChecked = "true"; end);
	};
	malformed = {
		"", "null", "true", "[]", "{}", '"yes"', "[{}]", with(function (v) v.valid = "true"; end), with(function (v) v.valid = 1; end),
		with(function (v) v.valid = nil; end), with(function (v) v.verdict = "VERIFIED"; end), with(function (v) v.verdict = nil; end),
		with(function (v) v.verdict = "mismatch"; end), with(function (v) v.valid = false; end), with(function (v) v.code = "Other"; end),
		with(function (v) v.code = nil; end), with(function (v) v.message = nil; end), with(function (v) v.ttl = -1; end),
		with(function (v) v.ttl = 0.5; end), with(function (v) v.ttl = "60"; end), with(function (v) v.ttl = nil; end),
		with(function (v) v.certificate = nil; end), with(function (v) v.certificate = "x"; end), with(function (v) v.validUntil = "soon"; end),
		with(function (v) v.validUntil = 5; end), with(function (v) v.refreshAfter = true; end),
		with(function (v) v.retryAfterMs = "1"; end), encode(good()):gsub('"ttl":60', '"ttl":1e999'), encode(good()) .. "{}",
		'{"valid":false,' .. encode(good()):sub(2), (encode(good()):gsub("}$", ',"validUntil":null}'));
	};
	expired = { with(function (v) v.validUntil = "2026-11-29T23:59:59Z"; end) };
};
for fault, values in pairs(wrong) do
	for index, value in ipairs(values) do
		test.case(fault .. " " .. index, function ()
			local found = read(value);
			test.equal(found.fault, fault);
			test.equal(found.valid, nil);
		end);
	end
end

local responses = {
	{ "status", { code = 201 } }, { "status", { code = 204, body = "" } }, { "status", { code = 500 } }, { "status", { code = 100 } },
	{ "redirect", { code = 302 } }, { "redirect", { code = 301 } },
	{ "content-type", { headers = {} } }, { "content-type", { headers = { ["content-type"] = "text/html" } } },
	{ "content-type", { headers = { ["content-type"] = "application/json,text/html" } } },
	{ "content-type", { headers = { ["content-type"] = "application/jsonp" } } },
	{ "content-type", { headers = { ["content-type"] = "application/problem+json" } } },
	{ "content-type", { headers = { ["content-type"] = "application/json", ["content-encoding"] = "gzip" } } },
	{ "rejected", { code = 400, body = '{"code":"InvalidSourceDomain","detail":"no\\nsuch"}' } },
	{ "status", { code = 400, body = '{"code":"InvalidRequest"}' } }, { "status", { code = 503, body = '{"code":"InvalidSourceDomain"}' } };
};
for index, row in ipairs(responses) do
	test.case("response " .. index, function ()
		local found = read(good(), row[2]);
		test.equal(found.fault, row[1]);
		test.equal(found.valid, nil);
		test.equal(found.detail:find("%c"), nil);
	end);
end

for _, row in ipairs({ { "posh" }, { "posh,dane", { "posh", "dane" } }, { "foreign", { "pkix" } }, { "foreign", { "pkix", "dane" } } }) do
	test.case("a yes by posh, where the proofs are " .. table.concat(row[2] or { "the service's" }, ","), function ()
		question.proofs = row[2];
		local found = read(good());
		question.proofs = nil;
		test.equal(found.fault, row[1] == "foreign" and "foreign" or nil);
		test.equal(found.valid, row[1] ~= "foreign" or nil);
	end);
end

test.case("a content type with its charset", function ()
	test.equal(read(good(), { headers = { ["content-type"] = "application/json; charset=UTF-8" } }).valid, true);
end);

test.case("ttl ends with validUntil, and after a day", function ()
	test.equal(read(with(function (v) v.ttl = 9000; end)).ttl, 7200);
	test.equal(read(with(function (v) v.ttl, v.validUntil = 1000000, "2027-11-30T02:00:00Z"; end)).ttl, 86400);
end);

test.case("mutated answers are no other yes", function ()
	local text = encode(good());
	math.randomseed(7711);
	for _ = 1, 5000 do
		local at = math.random(#text);
		local mutated = text:sub(1, at - 1) .. string.char(math.random(32, 126)) .. text:sub(at + 1);
		local found = read(mutated);
		if found.valid == true then
			-- What may differ is what only a person reads, and how long it lasts.
			local json = module:require "json".decode(mutated);
			test.equal(json.domain .. json.service .. json.certificate.sha256, "a.examplexmpp-serverbGVhZg==");
			test.equal(json.verdict, "verified");
		end
	end
end);
