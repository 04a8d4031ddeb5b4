-- What an outcome means for a stream. mod_s2s and mod_saslauth read two fields of a session: SASL EXTERNAL and the policy of
-- `s2s_secure_auth` want both to be "valid".
local plain = module:require "text".plain;

local function sufficed(session)
	return session.cert_chain_status == "valid" and session.cert_identity_status == "valid";
end

-- "always" asks also where Prosody's own check found the certificate good, and then overrules it.
local function needed(session, mode)
	return mode ~= "fallback" or not sufficed(session);
end

-- Whether a yes that the service did not give must be taken away.
local function overruled(session, mode)
	return mode ~= "fallback" and sufficed(session);
end

local function accept(session)
	session.cert_chain_status = "valid";
	session.cert_identity_status = "valid";
	session.cert_chain_errors = nil;
end

local function deny(session)
	session.cert_chain_status = "invalid";
	session.cert_identity_status = "invalid";
	session.cert_chain_errors = nil;
end

-- A no takes away what Prosody's own check found, and adds nothing to what it did not find: then its reason for the peer stays.
local function refuse(session)
	session.posh_verifier = nil;
	if not sufficed(session) then
		if session.cert_chain_status ~= "valid" then session.cert_chain_status = "invalid"; end
		session.cert_identity_status = session.cert_identity_status == "valid" and "valid" or "invalid";
		return;
	end
	deny(session);
end

-- verified, refused, indeterminate or failed: for statistics and the log.
local function kind(outcome)
	if outcome.fault then return "failed"; end
	if outcome.valid == true then return "verified"; end
	return outcome.verdict == "indeterminate" and "indeterminate" or "refused";
end

local levels = { verified = "info", refused = "warn", indeterminate = "warn", failed = "warn" };
local sentences = {
	verified = "POSH verified the certificate of %s: %s: %s [%s]";
	refused = "POSH does not vouch for the certificate of %s: %s: %s [%s]";
	indeterminate = "POSH could not decide about the certificate of %s: %s: %s [%s]";
	failed = "POSH gave no answer about the certificate of %s: %s: %s [%s]";
};

-- The one line about a decision: level, format and arguments. All of them are plain text of bounded length.
local function line(name, outcome, source)
	local what = kind(outcome);
	local details = { source };
	if outcome.seconds and source == "service" then details[#details + 1] = ("%.0f ms"):format(outcome.seconds * 1000); end
	if outcome.verdict then
		details[#details + 1] = outcome.verdict;
		details[#details + 1] = "by " .. outcome.proof;
		details[#details + 1] = "decision " .. outcome.id;
	end
	return levels[what], sentences[what], plain(name), outcome.fault or outcome.code, outcome.detail or outcome.message,
		table.concat(details, ", ");
end

return { needed = needed, overruled = overruled, accept = accept, deny = deny, refuse = refuse, kind = kind, line = line };
