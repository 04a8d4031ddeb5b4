-- Counters for Prosody's statistics (`statistics = "internal"` and mod_http_openmetrics, for example). Labels are closed sets:
-- never a name that a stranger chooses.
local decision = module:require "decision";

local faults = {
	busy = true, closed = true, conflict = true, ["content-type"] = true, context = true, expired = true, foreign = true,
	internal = true, key = true, malformed = true, question = true, redirect = true, rejected = true, status = true, timeout = true,
	tls = true, ["too-large"] = true, unloaded = true, unreachable = true;
};

local function new()
	local decisions = module:metric("counter", "decisions", "", "Decisions about certificates of streams", { "outcome", "source" });
	local failures = module:metric("counter", "faults", "", "Questions without an answer, by reason", { "reason" });
	local rechecks = module:metric("counter", "rechecks", "", "Later decisions about open streams", { "outcome" });
	local duration = module:metric("histogram", "question", "seconds", "Time of questions to the service", {},
		{ buckets = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 } });
	local pending = module:metric("gauge", "requests_pending", "", "Requests to the service under way", {});
	local remembered = module:metric("gauge", "answers_remembered", "", "Answers in memory", {});
	local watched = module:metric("gauge", "streams_watched", "", "Open streams that are checked again", {});

	local function decided(outcome, source)
		decisions:with_labels(decision.kind(outcome), source):add(1);
	end

	local function asked(outcome)
		duration:with_labels():sample(outcome.seconds);
	end

	local function failed(outcome)
		if outcome.fault then failures:with_labels(faults[outcome.fault] and outcome.fault or "internal"):add(1); end
	end

	local function rechecked(outcome)
		rechecks:with_labels(decision.kind(outcome)):add(1);
	end

	local function update(now)
		pending:with_labels():set(now.pending);
		remembered:with_labels():set(now.remembered);
		watched:with_labels():set(now.watched);
	end

	return { decided = decided, asked = asked, failed = failed, rechecked = rechecked, update = update };
end

return { new = new };
