-- Asks a POSH verification service (RFC 7711) whether a server's certificate is valid for its domain.
--
-- Installed and explained in docs/guides/clients/prosody.md.
--
-- In mod_s2s, a handler of `s2s-check-certificate` that raises an error ends the coroutine of the stream before the policy
-- of `s2s_secure_auth` was applied, and the stream stays open: after a second stream header it is offered dialback. So nothing
-- raises here, and as long as this module has no valid configuration it stays loaded and says no.
module:set_global();

local use = module:require "use";
local async = use "util.async";
local timer = use "util.timer";
local chain_of = module:require "chain".from_connection;
local make_question = module:require "question".make;
local answer_lib = module:require "answer";
local memory_lib = module:require "memory";
local asking_lib = module:require "asking";
local decision = module:require "decision";
local recheck_lib = module:require "recheck";
local client_lib = module:require "client";
local keeper = module:require "key".keeper;
local read_options = module:require "options".read;
local plain = module:require "text".plain;
local run_command = module:require "command".run;
local statistics = module:require "statistics".new();

-- What runs with the present configuration; nil while there is none that is valid.
local running;
local recheck;
local unwell = false;

-- Faults that the service, or the way to it, is to blame for, and that a stranger cannot cause by the name that he claims.
local of_service = {
	["content-type"] = true, key = true, malformed = true, redirect = true, status = true, timeout = true, tls = true,
	["too-large"] = true, unreachable = true;
};

local function note(outcome)
	statistics.asked(outcome);
	local ill = of_service[outcome.fault] == true;
	if ill == unwell or (outcome.fault and not ill) then return; end
	unwell = ill;
	if ill then
		module:log_status("error", "The POSH service gives no answers, so certificates that need it are refused: %s: %s",
			outcome.fault, outcome.detail);
		return;
	end
	module:log("info", "The POSH service answers again");
	module:set_status("info", "Asks the POSH service", true);
end

local function log_decision(session, host, outcome, source)
	(session.log or module._log)(decision.line(host, outcome, source));
end

local function closed()
	return answer_lib.fault("closed", "the configuration of the module is not valid, see the errors in the log");
end

-- mod_dwd takes each name in the certificate of a stream that is let in for proved, as if a CA had checked them all. What a yes
-- lets in may have any names in it.
local function takes_other_names(session)
	local own = session.direction == "incoming" and prosody.hosts[session.to_host];
	return own and own.modules.dwd ~= nil;
end

-- The question about what a stream shows, or nil and a fault.
local function question_of(session, host, cert)
	if takes_other_names(session) then
		return nil, answer_lib.fault("conflict", "mod_dwd is loaded, and would take other names from the certificate");
	end
	local chain, reason = chain_of(session.conn, cert);
	if not chain then return nil, answer_lib.fault("question", reason); end
	local question, problem = make_question(host, chain, running and running.settings.proofs);
	if not question then return nil, answer_lib.fault("question", problem); end
	return question;
end

-- When the coroutine of a stream that waited comes to rest, mod_s2s of 0.12 resumes the connection, even one that was closed
-- meanwhile: that gets a read timer of 14 minutes, which holds it and the session. Pausing takes the timer away.
local function let_go(session, conn)
	timer.add_task(1, function ()
		if session.destroyed then pcall(conn.pause, conn); end
	end);
end

-- Suspends the coroutine of the stream until there is an outcome.
local function wait_for(question)
	if not async.ready() then
		return answer_lib.fault("context", "the stream cannot wait here"), "none";
	end
	local outcome;
	local wait, done = async.waiter();
	running.asking.verify(question, function (result)
		outcome = result;
		done();
	end);
	wait();
	return outcome, "service";
end

-- The outcome, where it came from, and the name to log: A-labels if the host has them.
local function outcome_of(session, host, cert)
	if not running then return closed(), "none", host; end
	local question, fault = question_of(session, host, cert);
	if not question then return fault, "none", host; end
	local memory = running.memory;
	local known = memory.get(question.key);
	if known then return known, "memory", question.domain; end
	local era, conn = memory.era(), session.conn;
	local outcome, source = wait_for(question);
	if session.destroyed or outcome.valid ~= true then let_go(session, conn); end
	memory.put(question.key, outcome, era);
	return outcome, source, question.domain;
end

-- Without a valid configuration, the streams that are open are not forgotten: they end when what vouched for them ends.
local function rechecking()
	return running == nil or running.settings.recheck;
end

local function decide(event)
	local session, host, cert = event.session, event.host, event.cert;
	-- Without a name or a certificate there is no question; Prosody's own check does not accept such a stream either. Another module
	-- may have accepted it, but `always` takes no yes but that of the service.
	if not host or not cert then
		if decision.overruled(session, running and running.settings.mode) then decision.refuse(session); end
		return nil;
	end
	-- Prosody fires the event once for a stream. If another module does for a further name, the fields are still those of the first,
	-- and only one name can be checked again.
	local known = session.posh_verifier;
	if known and known.host ~= host then
		decision.deny(session);
		return nil;
	end
	local current, outcome, source, name;
	repeat -- A reload while the stream waits ends the question: what is true now may be asked of another service.
		current = running;
		if not decision.needed(session, current and current.settings.mode) then return nil; end
		outcome, source, name = outcome_of(session, host, cert);
		if session.destroyed then return false; end -- closed while it waited: nothing is left to decide
	until running == current or not running;
	statistics.decided(outcome, source);
	statistics.failed(outcome);
	log_decision(session, name, outcome, source);
	if outcome.valid ~= true then
		decision.refuse(session);
		return nil;
	end
	decision.accept(session);
	session.posh_verifier = recheck_lib.record(host, name, outcome);
	if rechecking() then recheck.watch(session); end
	return nil;
end

-- The event goes on in any case: at -1, mod_s2s closes the stream if its policy wants what the fields do not show.
local function check(event)
	local ok, result = pcall(decide, event);
	if ok then return result; end
	pcall(module.log, module, "error", "POSH check failed, the certificate is refused: %s", plain(result, 1000));
	local session = event.session;
	if session.destroyed then return false; end
	session.posh_verifier = nil;
	session.cert_chain_status = "invalid";
	session.cert_identity_status = "invalid";
	return nil;
end

-- After all others that look at certificates (mod_s2s_auth_certs at 509, others at 0) and before the policy at -1.
module:hook("s2s-check-certificate", check, -0.5);

local function leaf_of(conn)
	if conn.ssl_peercertificate then return conn:ssl_peercertificate(); end -- Prosody 13
	return conn:socket():getpeercertificate();
end

-- Asks again about an open stream, past the memory.
local function ask_again(session, host, callback)
	if not running then return callback(closed()); end
	local question, fault = question_of(session, host, leaf_of(session.conn));
	if not question then return callback(fault); end
	local memory, era = running.memory, running.memory.era();
	running.asking.verify_again(question, function (outcome)
		memory.put(question.key, outcome, era);
		callback(outcome);
	end);
end

recheck = recheck_lib.new(ask_again, log_decision, function (outcome)
	statistics.rechecked(outcome);
	statistics.failed(outcome);
end);

local function make()
	local config = use "core.configmanager";
	local sections = config.getconfig and config.getconfig() or {};
	local settings, problems = read_options(function (name) return module:get_option(name); end, sections);
	if not settings then return nil, problems; end
	local client, reason = client_lib.new(settings);
	if not client then return nil, { reason }; end
	local key = keeper(settings.key_file);
	local token, missing = key();
	if token == nil then
		module:log("error", "posh_verifier_key_file: %s; no question can be asked until it can be read", missing);
	end
	return {
		settings = settings;
		memory = memory_lib.new(settings.cache_entries);
		asking = asking_lib.new(settings, client, key, note);
	};
end

local function start()
	local ok, made, problems = pcall(make);
	local before = running;
	running = ok and made or nil;
	unwell = false;
	if running then
		module:set_status("info", "Asks the POSH service", true);
	else
		for _, problem in ipairs(ok and problems or { plain(made, 1000) }) do
			module:log("error", "%s", problem);
		end
		module:log_status("error", "No certificate is verified by POSH until the configuration of this module is put right");
	end
	recheck.stop();
	if rechecking() then
		-- Streams that are open already, after a reload.
		for _, session in pairs(module:shared("/*/s2s/sessions")) do recheck.watch(session); end
	end
	if before then before.asking.close(); end
end

module:hook_global("config-reloaded", start);

module:hook_global("s2s-destroyed", function (event)
	recheck.forget(event.session);
end);

module:hook_global("stats-update", function ()
	statistics.update({
		pending = running and running.asking.pending() or 0;
		remembered = running and running.memory.count() or 0;
		watched = recheck.count();
	});
end);

start();

local remove_commands = module:require "shell".add(function () return running, recheck; end);

function module.command(arg)
	return run_command(running, print, arg);
end

function module.unload()
	remove_commands();
	recheck.stop();
	local ending = running;
	running = nil;
	if ending then ending.asking.close(); end
end
