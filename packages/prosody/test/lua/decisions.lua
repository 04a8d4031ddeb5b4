-- What the module decides about a stream.
local world, test = ...;
local streams = assert(loadfile("test/lua/streams.lua"))(world, test);
local session, options, load, fire, reply, no, unsure, status, leaf =
	streams.session, streams.options, streams.load, streams.fire, streams.reply, streams.no, streams.unsure, streams.status, streams.leaf;

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
