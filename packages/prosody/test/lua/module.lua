local world, test = ...;
local async = (module:require "use")("util.async");
local encode = (module:require "use")("util.json").encode;
local decode = module:require "json".decode;
local base64 = (module:require "use")("util.encodings").base64.encode;
local sha256 = (module:require "use")("util.hashes").sha256;

math.random = function () return 0; end -- luacheck: ignore 122

local function certificate(der)
	local pem = ("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"):format(base64(der));
	return { pem = function () return pem; end };
end

local leaf = certificate("leaf");
local conn = {
	socket = function ()
		return { getpeerchain = function () return { leaf }; end, getpeercertificate = function () return leaf; end };
	end;
};

local function session(chain, identity)
	local made = { conn = conn, cert_chain_status = chain, cert_identity_status = identity, direction = "incoming" };
	function made:close(reason) self.closed, self.destroyed = reason, true; end
	return made;
end

local function options(change)
	local all = { posh_verifier_url = "http://127.0.0.1:8080" };
	for name, value in pairs(change or {}) do all["posh_verifier_" .. name] = value; end
	world.options = all;
end

local function load(change)
	options(change);
	world.shared = {};
	world.load();
end

-- Fires the event as mod_s2s does, in the coroutine of the stream. The result is in `fired.result` when it is there.
local function fire(made, host, cert)
	local fired = { done = false };
	local thread = async.runner(function (event)
		fired.result, fired.done = world.hooks["s2s-check-certificate"].handler(event), true;
	end);
	thread:run({ session = made, host = host or "a.example", cert = cert == nil and leaf or cert or nil });
	return fired;
end

local function instant(seconds)
	return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(world.wall + seconds));
end

local function reply(index, change)
	local request = world.requests[index];
	local asked = decode(request.options.body);
	local value = {
		id = "1", valid = true, verdict = "verified", code = "Verified", message = "yes", prooftype = "posh", domain = asked.domain,
		service = asked.service, certificate = { sha256 = base64(sha256("leaf")), datesChecked = true }, ttl = 600, retryable = false;
		validUntil = instant(1000), refreshAfter = instant(800);
	};
	for name, each in pairs(change or {}) do
		if each == "absent" then each = nil; end
		value[name] = each;
	end
	request.callback(encode(value), 200, { headers = { ["content-type"] = "application/json" } }, request);
end

local no = { valid = false, verdict = "mismatch", code = "CertificateMismatch", ttl = 0, validUntil = "absent", refreshAfter = "absent" };
local unsure = { valid = false, verdict = "indeterminate", code = "DeadlineExceeded", ttl = 0, validUntil = "absent", refreshAfter = "absent" };

local function status(made)
	return ("%s %s"):format(tostring(made.cert_chain_status), tostring(made.cert_identity_status));
end

test.case("it comes after other checks and before the policy", function ()
	load();
	test.equal(world.hooks["s2s-check-certificate"].priority, -0.5);
end);

test.case("a yes, and the next stream from memory", function ()
	load();
	local first = session("invalid");
	local fired = fire(first);
	test.equal(fired.done, false, "it waits without blocking");
	reply(1);
	test.equal(fired.done, true);
	test.equal(fired.result, nil);
	test.equal(status(first), "valid valid");
	local second = session("valid", "invalid");
	test.equal(fire(second).done, true);
	test.equal(status(second), "valid valid");
	test.equal(#world.requests, 1);
	test.equal(#world.logged, 2);
end);

test.case("Prosody's own yes suffices in fallback", function ()
	load();
	local made = session("valid", "valid");
	test.equal(fire(made).done, true);
	test.equal(#world.requests, 0);
	test.equal(status(made), "valid valid");
end);

local outcomes = {
	{ "no", function () reply(1, no); end, "CertificateMismatch" },
	{ "indeterminate", function () reply(1, unsure); end, "DeadlineExceeded" },
	{ "another domain", function () reply(1, { domain = "b.example" }); end, "foreign" },
	{ "503", function () world.requests[1].callback("", 503, { headers = {} }, {}); end, "status" },
	{ "silence", function () world.advance(11); end, "timeout" },
};
for _, row in ipairs(outcomes) do
	test.case("fallback: " .. row[1], function ()
		load();
		local made = session("invalid");
		local fired = fire(made);
		row[2]();
		test.equal(fired.done, true);
		test.equal(fired.result, nil);
		test.equal(status(made), "invalid invalid");
		test.contains(world.logged[#world.logged], row[3]);
		local named = session("valid", "invalid");
		fire(named);
		test.equal(#world.requests, 2, "nothing of that is remembered");
		test.equal(status(named), "valid invalid");
	end);
	test.case("always: " .. row[1], function ()
		load({ mode = "always" });
		local made = session("valid", "valid");
		local fired = fire(made);
		row[2]();
		test.equal(fired.done, true);
		test.equal(status(made), "invalid invalid");
	end);
end

test.case("a stream that closed while it waited", function ()
	load();
	local made = session("invalid");
	local fired = fire(made);
	made.destroyed, made.cert_chain_status = true, nil;
	reply(1);
	test.equal(fired.result, false);
	test.equal(status(made), "nil nil");
	test.equal(made.posh_verifier, nil);
end);

test.case("outside of a coroutine it says no", function ()
	load();
	local made = session("invalid");
	test.equal(world.hooks["s2s-check-certificate"].handler({ session = made, host = "a.example", cert = leaf }), nil);
	test.equal(status(made), "invalid invalid");
	test.equal(#world.requests, 0);
end);

test.case("without a name or a certificate there is no question", function ()
	load({ mode = "always" });
	local made = session("valid");
	test.equal(world.hooks["s2s-check-certificate"].handler({ session = made, cert = leaf }), nil);
	test.equal(status(made), "valid nil");
	local bare = session();
	test.equal(world.hooks["s2s-check-certificate"].handler({ session = bare, host = "a.example" }), nil);
	test.equal(status(bare), "nil nil");
end);

test.case("always: a yes that another module gave without a name or a certificate is no yes of the service", function ()
	load({ mode = "always" });
	for _, event in ipairs({ { cert = leaf }, { host = "a.example" } }) do
		event.session = session("valid", "valid");
		test.equal(world.hooks["s2s-check-certificate"].handler(event), nil);
		test.equal(status(event.session), "invalid invalid");
	end
	load();
	local onion = session("valid", "valid");
	world.hooks["s2s-check-certificate"].handler({ session = onion, host = "a.example" });
	test.equal(status(onion), "valid valid", "in fallback, what others found stays");
end);

test.case("no yes where another module would take other names from a certificate that no CA vouches for", function ()
	local modules = world.own_modules;
	local function stream(direction)
		local made = session("invalid");
		made.direction, made.to_host, made.from_host = direction, "own.example", "a.example";
		if direction == "outgoing" then made.to_host, made.from_host = made.from_host, made.to_host; end
		return made;
	end
	load();
	local open = stream("incoming");
	fire(open);
	reply(1);
	test.equal(status(open), "valid valid");
	modules.dwd = {};
	local refused = stream("incoming");
	fire(refused);
	world.advance(801);
	world.advance(200);
	modules.dwd = nil;
	test.equal(status(refused), "invalid invalid");
	test.equal(open.closed.condition, "not-authorized", "nor for longer than it was given");
	test.equal(#world.requests, 1);
	test.contains(table.concat(world.logged, " "), "mod_dwd");
	modules.dwd = {};
	local outgoing = stream("outgoing");
	fire(outgoing);
	reply(2);
	modules.dwd = nil;
	test.equal(status(outgoing), "valid valid");
end);

test.case("whatever raises says no", function ()
	load({ mode = "always" });
	local broken = session("valid", "valid");
	broken.conn = setmetatable({}, { __index = function () error("broken"); end });
	local fired = fire(broken);
	test.equal(fired.done, true);
	test.equal(fired.result, nil);
	test.equal(status(broken), "invalid invalid");
	local mute = session("valid", "valid");
	mute.log = function () error("mute"); end;
	fired = fire(mute);
	reply(1);
	test.equal(fired.done, true);
	test.equal(status(mute), "invalid invalid");
end);

for name, change in pairs({ timeout = { timeout = "x" }, mode = { mode = "x" }, misspelt = { tiemout = 5 }, ["CA file"] = {
	url = "https://posh.example", ca_file = "/nowhere" } }) do
	test.case("closed by a wrong option: " .. name, function ()
		load(change);
		test.equal(#world.logged, 2);
		test.contains(world.logged[1], "error posh_verifier_");
		local made = session("invalid");
		test.equal(fire(made).done, true);
		test.equal(status(made), "invalid invalid");
		test.equal(#world.requests, 0);
		-- The mode may be what is wrong, so that nothing suffices.
		local good = session("valid", "valid");
		fire(good);
		test.equal(status(good), "invalid invalid");
		options();
		world.hooks["config-reloaded"].handler();
		test.equal(fire(session("invalid")).done, false, "it asks again");
	end);
end

local function accepted(change)
	load(change);
	local made = session("invalid");
	fire(made);
	reply(1);
	test.equal(status(made), "valid valid");
	return made;
end

test.case("a stream is checked again past the memory, and stays by a yes", function ()
	local made = accepted();
	world.advance(799);
	test.equal(#world.requests, 1);
	world.advance(2);
	test.equal(#world.requests, 2);
	reply(2);
	world.advance(790);
	test.equal(made.closed, nil);
	world.advance(20);
	test.equal(#world.requests, 3);
end);

test.case("strangers cannot keep a stream that is open from its check", function ()
	local made = accepted({ max_pending = 2 });
	world.advance(799);
	for index = 1, 5 do fire(session("invalid"), ("slow%d.example"):format(index)); end
	world.advance(2);
	reply(#world.requests);
	world.advance(250);
	test.equal(made.closed, nil);
end);

test.case("a domain whose answers end soon is not asked about all the time", function ()
	load();
	local made = session("invalid");
	fire(made);
	local soon = { validUntil = instant(12), refreshAfter = instant(0.5), ttl = 0 };
	reply(1, soon);
	for _ = 1, 120 do
		local asked = #world.requests;
		world.advance(1);
		soon.validUntil, soon.refreshAfter = instant(12), instant(1);
		if #world.requests > asked then reply(#world.requests, soon); end
	end
	test.equal(made.closed, nil);
	test.equal(#world.requests <= 13, true, ("%d questions in two minutes"):format(#world.requests));
	soon.validUntil, soon.refreshAfter = instant(3), instant(1);
	world.advance(11);
	reply(#world.requests, soon);
	world.advance(4);
	test.equal(made.closed.condition, "not-authorized", "what ends sooner than it may be asked about again");
end);

test.case("a yes ends in time while its stream is being checked again", function ()
	load();
	local made = session("invalid");
	fire(made);
	reply(1, { refreshAfter = instant(995) });
	world.advance(997);
	test.equal(#world.requests, 2);
	test.equal(made.closed, nil);
	world.advance(4);
	test.equal(made.closed.condition, "not-authorized");
	reply(2);
	test.equal(made.posh_verifier, nil);
	world.advance(100);
	test.equal(#world.requests, 2);
	test.equal(next(world.timers), nil);
end);

test.case("a yes about one name is none about another that the same stream is checked for", function ()
	local made = accepted();
	local known = made.posh_verifier;
	fire(made, "b.example");
	test.equal(status(made), "invalid invalid");
	test.equal(#world.requests, 1);
	test.equal(made.posh_verifier, known, "the first name is checked again all the same");
	fire(made, "a.example");
	test.equal(status(made), "valid valid");
end);

test.case("a stream is closed by a no", function ()
	local made = accepted();
	world.advance(801);
	reply(2, no);
	test.equal(made.closed.condition, "not-authorized");
	test.equal(next(world.timers), nil);
	test.equal(fire(session("invalid")).done, false, "the yes is forgotten, too");
end);

test.case("a stream is retried while it is unsure, and closed when the yes has ended", function ()
	local made = accepted();
	world.advance(801);
	reply(2, unsure);
	test.equal(made.closed, nil);
	world.advance(40);
	test.equal(#world.requests, 3);
	world.advance(11); -- silence
	test.equal(made.closed, nil);
	world.advance(140);
	test.equal(made.closed, nil);
	test.equal(#world.requests <= 5, true, "it does not ask all the time");
	world.advance(20);
	test.equal(made.closed.condition, "not-authorized");
	test.equal(next(world.timers), nil);
end);

test.case("a wall clock that jumps ends the yes", function ()
	local made = accepted();
	world.wall = world.wall + 100000;
	world.advance(801);
	test.equal(made.closed.condition, "not-authorized");
end);

test.case("a stream that is gone is not asked about", function ()
	local made = accepted();
	made.destroyed = true;
	world.hooks["s2s-destroyed"].handler({ session = made });
	test.equal(next(world.timers), nil);
end);

test.case("no re-check by option, and after a reload the open streams are found", function ()
	local made = accepted({ recheck = false });
	test.equal(next(world.timers), nil);
	world.shared["/*/s2s/sessions"] = { made };
	options();
	world.hooks["config-reloaded"].handler();
	world.advance(801);
	test.equal(#world.requests, 2);
end);

test.case("a stream that is open when the configuration breaks ends with its yes", function ()
	local made = accepted();
	world.shared["/*/s2s/sessions"] = { made };
	options({ timeout = "x" });
	world.hooks["config-reloaded"].handler();
	world.advance(999);
	test.equal(made.closed, nil);
	world.advance(3);
	test.equal(made.closed.condition, "not-authorized");
end);

test.case("a check of an open stream that is under way ends with the configuration it began under", function ()
	local made = accepted();
	world.advance(801);
	world.shared["/*/s2s/sessions"] = { made };
	options({ recheck = false });
	world.hooks["config-reloaded"].handler();
	reply(2);
	test.equal(next(world.timers), nil);
end);

test.case("a check of an open stream that is under way ends with the module", function ()
	local made = accepted();
	world.advance(801);
	module.unload();
	test.equal(next(world.timers), nil);
	test.equal(made.posh_verifier.failures, 0, "the next instance goes on from what it finds");
end);

local changed = {
	{ "is asked anew", {}, function (fired)
		test.equal(fired.done, false);
		test.equal(world.requests[2].url, "http://127.0.0.2/v1/verify");
		reply(2, no);
		return "invalid invalid";
	end },
	{ "is asked anew, and may get a yes", {}, function ()
		reply(2);
		return "valid valid";
	end },
	{ "waits no longer when there is no configuration", { timeout = "x" }, function () return "invalid invalid"; end },
	{ "is not asked about when Prosody's check suffices", {}, function () return "valid valid"; end, "valid" };
};
for _, row in ipairs(changed) do
	test.case("a stream that waits during a reload " .. row[1], function ()
		load({ mode = "always" });
		local made = session(row[4] or "invalid", row[4]);
		local fired = fire(made);
		row[2].url = "http://127.0.0.2";
		options(row[2]);
		world.hooks["config-reloaded"].handler();
		reply(1); -- of a service that is asked no longer
		local expected = row[3](fired);
		test.equal(fired.done, true);
		test.equal(status(made), expected);
		fire(session("invalid"));
		test.equal(#world.requests <= 3, true);
	end);
end

test.case("unloading lets nobody wait", function ()
	load();
	local made = session("invalid");
	local fired = fire(made);
	module.unload();
	test.equal(fired.done, true);
	test.equal(status(made), "invalid invalid");
end);

test.case("the commands of the admin shell", function ()
	world.items = {};
	load();
	local commands = {};
	if world.version == "13" then
		for _, each in ipairs(world.items) do
			test.equal(each.key, "shell-command");
			test.equal(each.item.section, "posh");
			test.equal(type(each.item.desc) .. type(each.item.args), "stringtable");
			commands[each.item.name] = each.item.handler;
		end
	else
		commands = world.shared["/*/admin_shell/env"].posh;
	end
	local printed = {};
	local shell = { session = { print = function (line) printed[#printed + 1] = line; end } };
	test.equal(commands.status(shell), true);
	test.contains(printed[1], "http://127.0.0.1:8080");
	fire(session("invalid"));
	reply(1);
	local _, text = commands.forget(shell);
	test.equal(text, "1 answers forgotten");
	test.equal(commands.check(shell), nil);
	local answered;
	async.runner(function () answered = commands.check(shell, "a.example"); end):run(true);
	test.equal(world.requests[2].url, "http://127.0.0.1:8080/v1/associations/a.example/xmpp-server");
	local body = encode({ state = "material", code = "Resolved", message = "yes", domain = "a.example", material = { entries = { 1 } } });
	world.requests[2].callback(body, 200, { headers = {} }, {});
	test.equal(answered, true);
	module.unload();
	test.equal((world.shared["/*/admin_shell/env"] or {}).posh, nil);
end);

test.case("what was asked before the memory was emptied does not come back to it", function ()
	world.items = {};
	load();
	local forget;
	for _, each in ipairs(world.items) do
		if each.item.name == "forget" then forget = each.item.handler; end
	end
	local waiting = fire(session("invalid"));
	(forget or world.shared["/*/admin_shell/env"].posh.forget)();
	local later = fire(session("invalid"));
	test.equal(#world.requests, 2, "nor is its answer shared");
	reply(1);
	test.equal(waiting.done, true);
	test.equal(later.done, false);
	test.equal(fire(session("invalid")).done, false);
	reply(2);
	test.equal(later.done, true);
	test.equal(fire(session("invalid")).done, true, "what was asked afterwards is kept");
	test.equal(#world.requests, 2);
end);

test.case("a service that gives no answers is reported once, and again after a reload", function ()
	load();
	local function reports()
		local count = 0;
		for _, line in ipairs(world.logged) do
			if line:find("error The POSH service gives no answers", 1, true) then count = count + 1; end
		end
		return count;
	end
	for _ = 1, 2 do
		fire(session("invalid"));
		world.advance(11);
	end
	test.equal(reports(), 1);
	world.hooks["config-reloaded"].handler();
	fire(session("invalid"));
	world.advance(11);
	test.equal(reports(), 2);
end);

test.case("names of strangers stay in their line", function ()
	load();
	fire(session("invalid"), "a\nerror fake\r.example");
	test.equal(#world.logged, 1);
	test.equal(world.logged[1]:find("%c"), nil);
end);

test.case("the statistics have closed labels", function ()
	accepted();
	test.equal(world.measured["verified service"], 1);
	fire(session("invalid"), "not a domain");
	test.equal(world.measured["failed none"], 1);
	test.equal(world.measured.question, 1);
end);
