-- Checks of open streams.
local world, test = ...;
local streams = assert(loadfile("test/lua/streams.lua"))(world, test);
local session, options, load, fire, instant, reply, no, unsure, status, accepted =
	streams.session, streams.options, streams.load, streams.fire, streams.instant, streams.reply, streams.no, streams.unsure, streams.status, streams.accepted;

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
