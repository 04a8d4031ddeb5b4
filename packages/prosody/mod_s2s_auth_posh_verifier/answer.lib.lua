-- What came back, judged against what was asked. Only a well-formed answer to exactly this question is an answer; all else
-- is a fault, and a fault is never a yes.
--   answer: { valid, verdict, code, message, proof, id, ttl, valid_until, refresh_after, retry_after }
--   fault:  { fault = one of the words below, detail }
local clock = module:require "clock";
local decode = module:require "json".decode;
local plain = module:require "text".plain;

local max_ttl = 86400; -- a day, whatever the service says: one question more costs nothing
local verdicts = {
	verified = true, mismatch = true, ["no-material"] = true, ["unusable-material"] = true,
	["certificate-invalid"] = true, indeterminate = true;
};

local function fault(kind, detail)
	return { fault = kind, detail = plain(detail) };
end

-- Problems of the question itself: a stranger can cause these at will, so they say nothing about the service.
local of_question = { InvalidSourceDomain = true, MalformedPresentedCertificate = true, PayloadTooLarge = true };

-- A problem (RFC 9457) of the service, or another status than 200.
local function problem(code, body)
	local kind = code >= 300 and code < 400 and "redirect" or "status";
	local status = ("HTTP status %d"):format(code);
	local found = decode(body);
	if type(found) ~= "table" or type(found.code) ~= "string" then return { fault = kind, status = code, detail = status }; end
	if of_question[found.code] and code < 500 then kind = "rejected"; end
	local text = type(found.detail) == "string" and plain(found.detail) or "";
	return { fault = kind, status = code, detail = ("%s, %s: %s"):format(status, plain(found.code, 64), text) };
end

local function is_json(headers)
	local type_ = headers and headers["content-type"];
	if type(type_) ~= "string" then return false; end
	type_ = type_:lower();
	return type_ == "application/json" or type_:find("^application/json%s*;%s*charset=\"?utf%-8\"?%s*$") ~= nil;
end

local function is_plain(headers)
	local encoding = headers and headers["content-encoding"];
	return encoding == nil or encoding:lower() == "identity";
end

local function is_count(value)
	return type(value) == "number" and value >= 0 and value <= 2 ^ 53 and value % 1 == 0;
end

local function optional_instant(value)
	if value == nil then return nil, true; end
	local seconds = clock.instant(value);
	return seconds, seconds ~= nil;
end

-- nil, or what is wrong with the members of the answer themselves.
local function malformed(found)
	if type(found) ~= "table" or #found > 0 then return "it is no object"; end
	if type(found.valid) ~= "boolean" then return "valid is neither true nor false"; end
	if not verdicts[found.verdict] then return "the verdict is unknown"; end
	if found.valid ~= (found.verdict == "verified") then return "valid contradicts the verdict"; end
	if type(found.code) ~= "string" or type(found.message) ~= "string" then return "code or message is missing"; end
	if found.valid ~= (found.code == "Verified") then return "valid contradicts the code"; end
	if not is_count(found.ttl) then return "ttl is no number of seconds"; end
	if found.retryAfterMs ~= nil and not is_count(found.retryAfterMs) then return "retryAfterMs is no number"; end
	if type(found.certificate) ~= "table" then return "certificate is missing"; end
end

-- Whether the proof that decided is one that was asked for.
local function asked_for(proof, proofs)
	if not proofs then return true; end
	for _, each in ipairs(proofs) do
		if each == proof then return true; end
	end
	return false;
end

-- nil, or how the answer differs from what was asked.
local function foreign(found, question)
	if found.domain ~= question.domain then return "it is about another domain"; end
	if found.service ~= question.service then return "it is about another service"; end
	if found.certificate.sha256 ~= question.chain.leaf then return "it is about another certificate"; end
	if found.certificate.datesChecked ~= true then return "the dates of the certificate were not checked"; end
	if found.valid and not asked_for(found.prooftype, question.proofs) then return "it is by a proof that was not asked for"; end
end

local function judged(found, question)
	local reason = malformed(found);
	if reason then return fault("malformed", reason); end
	reason = foreign(found, question);
	if reason then return fault("foreign", reason); end
	local valid_until, good = optional_instant(found.validUntil);
	if not good then return fault("malformed", "validUntil is no instant"); end
	local refresh_after, fine = optional_instant(found.refreshAfter);
	if not fine then return fault("malformed", "refreshAfter is no instant"); end
	local now = clock.now();
	if found.valid and valid_until and valid_until <= now then
		return fault("expired", "validUntil is in the past: is the clock of this machine right?");
	end
	local ttl = math.min(found.ttl, max_ttl, valid_until and valid_until - now or max_ttl);
	return {
		valid = found.valid;
		verdict = found.verdict;
		code = plain(found.code, 64);
		message = plain(found.message);
		proof = type(found.prooftype) == "string" and plain(found.prooftype, 16) or "unknown";
		id = type(found.id) == "string" and plain(found.id, 64) or "unknown";
		ttl = ttl;
		valid_until = valid_until;
		refresh_after = refresh_after;
		retry_after = found.retryAfterMs and found.retryAfterMs / 1000 or nil;
	};
end

-- `response`: { code, headers, body } of HTTP.
local function read(response, question)
	if response.code ~= 200 then return problem(response.code, response.body); end
	if not is_json(response.headers) then return fault("content-type", "the answer is not application/json"); end
	if not is_plain(response.headers) then return fault("content-type", "the answer is encoded"); end
	local found, reason = decode(response.body);
	if found == nil then return fault("malformed", "JSON: " .. reason); end
	return judged(found, question);
end

return { read = read, fault = fault };
