-- Streams that the module is asked about, and what the service says: for the cases of the module.
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

local function accepted(change)
	load(change);
	local made = session("invalid");
	fire(made);
	reply(1);
	test.equal(status(made), "valid valid");
	return made;
end

return {
	session = session, conn = conn, options = options, load = load, fire = fire, instant = instant, reply = reply,
	no = no, unsure = unsure, status = status, accepted = accepted, leaf = leaf, certificate = certificate;
};
