-- Reloads, unloads, memory and names.
local world, test = ...;
local async = (module:require "use")("util.async");
local encode = (module:require "use")("util.json").encode;
local streams = assert(loadfile("test/lua/streams.lua"))(world, test);
local session, options, load, fire, reply, no, status, accepted =
	streams.session, streams.options, streams.load, streams.fire, streams.reply, streams.no, streams.status, streams.accepted;

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
