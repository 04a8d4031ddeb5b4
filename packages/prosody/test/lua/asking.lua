local world, test = ...;
local asking_lib = module:require "asking";
local encode = (module:require "use")("util.json").encode;
local decode = module:require "json".decode;

local function settings(change)
	local found = {
		endpoints = { { base = "https://one.example", authority = "one.example" } }, timeout = 10, max_pending = 3, max_body = 2000;
	};
	for name, value in pairs(change or {}) do found[name] = value; end
	return found;
end

local two = { { base = "https://one.example", authority = "one.example" }, { base = "https://two.example", authority = "two.example" } };

local function question(domain)
	return { domain = domain, service = "xmpp-server", chain = { leaf = "l", certificates = { "bA==" } }, key = domain };
end

local function body(domain)
	return encode({
		valid = true, verdict = "verified", code = "Verified", message = "yes", domain = domain, service = "xmpp-server", ttl = 60,
		certificate = { sha256 = "l", datesChecked = true };
	});
end

local json = { ["content-type"] = "application/json" };

local function answer(request, domain)
	request.callback(body(domain), 200, { headers = json }, request);
end

local function new(change, key)
	local noted = {};
	local asking = asking_lib.new(settings(change), world.client, key or function () return "secret"; end, function (outcome)
		noted[#noted + 1] = outcome.fault or "answer";
	end);
	local outcomes = {};
	local function ask(domain)
		local index = #outcomes + 1;
		outcomes[index] = false;
		asking.verify(question(domain), function (outcome)
			test.equal(outcomes[index], false, "an outcome comes once");
			outcomes[index] = outcome;
		end);
	end
	return asking, ask, outcomes, noted;
end

test.case("a question, as the service takes it", function ()
	local _, ask, outcomes = new();
	ask("a.example");
	local request = world.requests[1];
	test.equal(request.url, "https://one.example/v1/verify");
	test.equal(request.options.method, "POST");
	test.equal(request.options.headers.Authorization, "Bearer secret");
	test.equal(request.options.headers["Content-Type"], "application/json");
	test.equal(request.options.headers.Host, "one.example");
	local asked = decode(request.options.body);
	test.equal(asked.domain .. " " .. asked.service .. " " .. asked.chain[1], "a.example xmpp-server bA==");
	test.equal(asked.deadlineMs, 9000);
	test.equal(asked.prooftypes, nil);
	answer(request, "a.example");
	test.equal(outcomes[1].valid, true);
end);

test.case("equal questions share one request, also when one of those who wait raises", function ()
	local asking, ask, outcomes = new();
	ask("a.example");
	asking.verify(question("a.example"), function () error("mine"); end);
	ask("a.example");
	test.equal(#world.requests, 1);
	answer(world.requests[1], "a.example");
	test.equal(outcomes[1].valid and outcomes[2].valid, true);
	test.equal(asking.pending(), 0);
end);

test.case("statistics that raise keep nobody waiting", function ()
	local asking = asking_lib.new(settings(), world.client, function () return "secret"; end, function () error("mine"); end);
	local outcome;
	asking.verify(question("a.example"), function (result) outcome = result; end);
	answer(world.requests[1], "a.example");
	test.equal(outcome.valid, true);
end);

test.case("the watchdog ends a question, and what comes later does nothing", function ()
	local asking, ask, outcomes, noted = new();
	ask("a.example");
	world.advance(9.9);
	test.equal(outcomes[1], false);
	world.advance(0.2);
	test.equal(outcomes[1].fault, "timeout");
	test.equal(world.requests[1].destroyed, true);
	answer(world.requests[1], "a.example");
	test.equal(outcomes[1].fault, "timeout");
	test.equal(asking.pending(), 0);
	test.equal(table.concat(noted, " "), "timeout");
end);

test.case("a request that never connects counts until it is given up", function ()
	local asking, ask, outcomes = new();
	world.on_request = function (request) request.conn = nil; end;
	for _, domain in ipairs({ "a.example", "b.example", "c.example", "d.example" }) do ask(domain); end
	test.equal(#world.requests, 3);
	test.equal(outcomes[4].fault, "busy");
	world.advance(11);
	test.equal(outcomes[1].fault, "timeout");
	test.equal(asking.pending(), 3);
	world.requests[1].callback("connection timeout", 0, world.requests[1]);
	test.equal(asking.pending(), 2);
	world.advance(61);
	test.equal(asking.pending(), 0);
end);

for _, row in ipairs({
	{ "timed out", function () world.advance(11); end },
	{ "was closed", function (asking) asking.close(); end },
	{ "was taken out of the count", function () world.advance(75); end },
}) do
	test.case("a request that connects after it " .. row[1] .. " is cut, whatever comes back", function ()
		local asking, ask = new();
		world.on_request = function (request) request.conn = nil; end;
		ask("a.example");
		row[2](asking);
		world.requests[1].conn = {};
		world.advance(6);
		test.equal(world.requests[1].destroyed, true);
		test.equal(asking.pending(), 0);
		test.equal(next(world.timers), nil);
	end);
end

test.case("a request that never ends is not waited for without end", function ()
	local _, ask = new();
	world.on_request = function (request) request.conn = nil; end;
	ask("a.example");
	world.advance(1000);
	test.equal(next(world.timers), nil);
end);

test.case("the next endpoint is asked where one fails, within the same time, and first the next time", function ()
	local _, ask, outcomes = new({ endpoints = two });
	ask("a.example");
	world.advance(5.1);
	test.equal(world.requests[2].url, "https://two.example/v1/verify");
	answer(world.requests[2], "a.example");
	test.equal(outcomes[1].valid, true);
	ask("b.example");
	test.equal(world.requests[3].url, "https://two.example/v1/verify");
	world.requests[3].callback("oops", 503, { headers = {} }, {});
	test.equal(world.requests[4].url, "https://one.example/v1/verify");
	world.requests[4].callback("connection refused", 0, {});
	test.equal(outcomes[2].fault, "unreachable");
	test.equal(#world.requests, 4);
end);

test.case("new streams take no place of streams that are open", function ()
	local asking, ask, outcomes = new();
	for _, domain in ipairs({ "a.example", "b.example", "c.example", "d.example" }) do ask(domain); end
	test.equal(outcomes[4].fault, "busy");
	local again = {};
	for index = 1, 4 do
		asking.verify_again(question("open" .. index .. ".example"), function (outcome) again[index] = outcome; end);
	end
	test.equal(again[1], nil);
	test.equal(again[4].fault, "busy", "they are bounded, too");
	test.equal(asking.pending(), 6);
	answer(world.requests[4], "open1.example");
	test.equal(again[1].valid, true);
	ask("e.example");
	test.equal(outcomes[5].fault, "busy");
	world.advance(11);
	test.equal(asking.pending(), 0);
end);

test.case("a question that is refused is not asked elsewhere", function ()
	local _, ask, outcomes = new({ endpoints = two });
	ask("a.example");
	world.requests[1].callback('{"code":"InvalidSourceDomain"}', 400, { headers = {} }, {});
	test.equal(outcomes[1].fault, "rejected");
	test.equal(#world.requests, 1);
end);

test.case("nothing is sent without the key", function ()
	local _, ask, outcomes = new({ endpoints = two }, function () return nil, "no such file"; end);
	ask("a.example");
	test.equal(outcomes[1].fault, "key");
	test.equal(#world.requests, 0);
end);

test.case("a client that raises, and one that calls back at once", function ()
	local asking, ask, outcomes = new();
	world.on_request = function () error("broken"); end;
	ask("a.example");
	test.equal(outcomes[1].fault, "internal");
	world.on_request = function (request) request.callback("invalid-url", 0, nil); end;
	ask("b.example");
	test.equal(outcomes[2].fault, "unreachable");
	test.equal(asking.pending(), 0);
end);

test.case("a body is bounded in every way that it can come", function ()
	local _, ask, outcomes = new();
	ask("a.example");
	local request = world.requests[1];
	test.equal(request.body_size_limit, 2000);
	request.callback(body("a.example") .. (" "):rep(3000), 200, { headers = json }, request);
	test.equal(outcomes[1].fault, "too-large");
	ask("b.example");
	local sink = world.requests[2].options.streaming_handler({});
	test.equal(sink:write(body("b.example")), true);
	test.equal(sink:write((" "):rep(3000)), nil);
	world.requests[2].callback(false, 200, { headers = json }, {});
	test.equal(outcomes[2].fault, "too-large");
	ask("c.example");
	sink = world.requests[3].options.streaming_handler({});
	sink:write(body("c.example"):sub(1, 50));
	sink:write(body("c.example"):sub(51));
	world.requests[3].callback(false, 200, { headers = json }, {});
	test.equal(outcomes[3].valid, true);
end);

local strange = {
	{ nil, nil, nil }, { "x", 200, nil }, { {}, 200, { headers = json } }, { nil, 200, { headers = json } }, { "{}", 200, {} },
	{ "{}", "200", { headers = json } }, { "certificate-chain-invalid", 0, {} },
};
for index, row in ipairs(strange) do
	test.case("a strange callback " .. index, function ()
		local asking, ask, outcomes = new();
		ask("a.example");
		world.requests[1].callback(row[1], row[2], row[3], {});
		world.advance(11);
		test.equal(type(outcomes[1].fault), "string");
		test.equal(asking.pending(), 0);
	end);
end

test.case("closing ends what is under way", function ()
	local asking, ask, outcomes = new();
	ask("a.example");
	ask("b.example");
	asking.close();
	test.equal(outcomes[1].fault .. outcomes[2].fault, "unloadedunloaded");
	answer(world.requests[1], "a.example");
	test.equal(outcomes[1].fault, "unloaded");
	test.equal(next(world.timers), nil);
end);
