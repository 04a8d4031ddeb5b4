-- Streams live longer than what vouched for them. At `refreshAfter` of the answer that let a stream in, the same question is
-- asked again, past the memory:
--   yes                       the stream stays, until the next time
--   no                        the stream is closed
--   indeterminate, no answer  the old yes still holds until its `validUntil`; retried with a growing pause, closed at the end
local use = module:require "use";
local timer = use "util.timer";
local clock = module:require "clock";
local decision = module:require "decision";

local longest_sleep = 3600; -- the wall clock may be set while a timer sleeps
local shortest_sleep = 1;
local first_pause, longest_pause = 30, 900;
-- Between two questions about a stream: a domain chooses how long its material lasts, but not how often it is asked about.
local least_pause = 10;
local least_lifetime = 60; -- of a yes that came without validUntil and with a shorter ttl

-- Up to a tenth later, for the same reason as `scattered`.
local function spread(seconds)
	return seconds * (1 + math.random() * 0.1);
end

-- A moment between `refresh` and halfway to the end, so that streams which were let in together do not ask together.
local function scattered(refresh, lifetime)
	return refresh + math.random() * (lifetime - refresh) / 2;
end

-- What is kept about a stream that a yes let in.
local function record(host, name, answer)
	local now = clock.now();
	local lifetime = answer.valid_until and answer.valid_until - now or math.max(answer.ttl, least_lifetime);
	local refresh = answer.refresh_after and answer.refresh_after - now or lifetime * 0.8;
	return {
		host = host;
		name = name;
		id = answer.id;
		proof = answer.proof;
		ending = clock.ending(lifetime);
		refresh = clock.ending(scattered(math.max(least_pause, math.min(refresh, lifetime)), lifetime));
		failures = 0;
	};
end

-- ask(session, host, callback): asks about what the stream showed; log(session, host, outcome, source); note(outcome)
local function new(ask, log, note)
	local timers = setmetatable({}, { __mode = "k" });
	local asking = setmetatable({}, { __mode = "k" }); -- streams about which a question is under way
	local watch;
	local era = 0; -- how often it was stopped: what was asked before must not start a timer again

	local function forget(session)
		if timers[session] then timer.stop(timers[session]); end
		timers[session] = nil;
	end

	local function close(session, text)
		forget(session);
		session.posh_verifier = nil;
		session:close({ condition = "not-authorized", text = text }, nil, text);
	end

	local function pause(known, outcome)
		known.failures = known.failures + 1;
		local seconds = math.min(longest_pause, first_pause * 2 ^ (known.failures - 1));
		known.refresh = clock.ending(spread(math.max(seconds, math.min(outcome.retry_after or 0, longest_pause))));
	end

	local function judge(session, known, outcome)
		if session.destroyed or session.posh_verifier ~= known then return; end
		forget(session);
		note(outcome);
		log(session, known.name, outcome, "again");
		local what = decision.kind(outcome);
		if what == "verified" then
			session.posh_verifier = record(known.host, known.name, outcome);
		elseif what == "refused" then
			return close(session, "Your server's certificate is no longer vouched for by its domain");
		else
			pause(known, outcome);
		end
		watch(session);
	end

	local function guarded(session, known, outcome)
		local ok, failure = pcall(judge, session, known, outcome);
		if ok then return; end
		-- A stream about which nothing can be known any more is closed.
		module:log("error", "POSH re-check failed, the stream is closed: %s", failure);
		pcall(close, session, "The certificate could not be checked again");
	end

	local function tick(session)
		timers[session] = nil;
		local known = session.posh_verifier;
		if session.destroyed or not known then return; end
		if clock.left(known.ending) <= 0 then
			module:log("warn", "POSH closes the stream of %s: what vouched for its certificate has ended, and no new answer came",
				known.name);
			return close(session, "What vouched for your server's certificate has ended");
		end
		if asking[session] or clock.left(known.refresh) > 0 then return watch(session); end
		local asked_in = era;
		asking[session] = true;
		watch(session); -- The yes may end before there is an answer.
		ask(session, known.host, function (outcome)
			if era ~= asked_in then return; end
			asking[session] = nil;
			guarded(session, known, outcome);
		end);
	end

	function watch(session)
		local known = session.posh_verifier;
		if session.destroyed or not known or timers[session] then return; end
		local sleep = math.min(asking[session] and longest_sleep or clock.left(known.refresh), clock.left(known.ending), longest_sleep);
		timers[session] = timer.add_task(math.max(sleep, shortest_sleep), function ()
			local ok, failure = pcall(tick, session);
			if ok then return; end
			module:log("error", "POSH re-check failed, the stream is closed: %s", failure);
			pcall(close, session, "The certificate could not be checked again");
		end);
	end

	local function stop()
		era = era + 1;
		asking = setmetatable({}, { __mode = "k" });
		for session in pairs(timers) do forget(session); end
	end

	local function count()
		local number = 0;
		for _ in pairs(timers) do number = number + 1; end
		return number;
	end

	return { watch = watch, forget = forget, stop = stop, count = count };
end

return { new = new, record = record };
