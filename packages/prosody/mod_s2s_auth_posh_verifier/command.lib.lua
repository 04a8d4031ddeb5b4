-- What a person asks, on the command line (`prosodyctl mod_s2s_auth_posh_verifier check ...`) and in the admin shell. Every
-- question goes to the service, past the memory, and needs an async context, which both have.
local use = module:require "use";
local async = use "util.async";
local to_ascii = use "util.encodings".idna.to_ascii;
local decode = module:require "json".decode;
local chain_lib = module:require "chain";
local make_question = module:require "question".make;
local service = module:require "question".service;
local plain = module:require "text".plain;

local usage = "Usage: prosodyctl mod_s2s_auth_posh_verifier check DOMAIN [--certificate FILE]\n"
	.. "FILE is PEM, the leaf first; - is the standard input.";
local yes, no, unknown = 0, 1, 2; -- exit statuses

local function await(start)
	local outcome;
	local wait, done = async.waiter();
	start(function (result)
		outcome = result;
		done();
	end);
	wait();
	return outcome;
end

local function tell_fault(print, outcome)
	print(("No answer: %s: %s"):format(outcome.fault, outcome.detail));
	return unknown;
end

local function tell_answer(print, question, answer)
	print(("%s: %s"):format(plain(answer.verdict), answer.message));
	print(("  domain    %s, service %s"):format(question.domain, question.service));
	print(("  code      %s, by %s, decision %s"):format(answer.code, answer.proof, answer.id));
	if answer.valid_until then print(os.date("!  until     %Y-%m-%dT%H:%M:%SZ", math.floor(answer.valid_until))); end
	if answer.valid == true then return yes; end
	return answer.verdict == "indeterminate" and unknown or no;
end

-- Does the domain vouch for these certificates (PEM, the leaf first)?
local function check_certificate(running, print, domain, pem)
	local chain, reason = chain_lib.from_pem(pem);
	if not chain then
		print("The certificate: " .. reason);
		return unknown;
	end
	local question, problem = make_question(domain, chain, running.settings.proofs);
	if not question then
		print(plain(domain) .. ": " .. problem);
		return unknown;
	end
	local outcome = await(function (done) running.asking.verify(question, done); end);
	if outcome.fault then return tell_fault(print, outcome); end
	return tell_answer(print, question, outcome);
end

-- What does the domain publish?
local function check_domain(running, print, domain)
	local name = to_ascii(domain);
	if not name or name == "" or name:find("[^%w.-]") then
		print(plain(domain) .. ": the name is no domain");
		return unknown;
	end
	local path = ("/v1/associations/%s/%s"):format(name:lower(), service);
	local outcome = await(function (done) running.asking.get(path, done); end);
	if outcome.fault then return tell_fault(print, outcome); end
	local found = decode(outcome.body);
	if type(found) ~= "table" or type(found.state) ~= "string" or type(found.message) ~= "string" then
		print("No answer: malformed: what came back describes no domain");
		return unknown;
	end
	print(("%s: %s"):format(plain(found.state), plain(found.message)));
	print(("  domain    %s, service %s, code %s"):format(plain(found.domain), service, plain(found.code)));
	if found.generation then print("  published as " .. plain(found.generation)); end
	if found.delegatedDomain then print("  published at " .. plain(found.delegatedDomain)); end
	local entries = type(found.material) == "table" and type(found.material.entries) == "table" and #found.material.entries;
	if entries then print(("  vouches for %d certificates"):format(entries)); end
	if found.expiresAt then print("  expires   " .. plain(found.expiresAt)); end
	if found.state == "material" then return yes; end
	return found.state == "indeterminate" and unknown or no;
end

-- prosodyctl has changed its folder and often its user, so that `-` is the easiest way to a file of somebody else.
local function read_file(path)
	if path == "-" then return io.stdin:read("*a"); end
	local folder = os.getenv("PWD");
	if path:sub(1, 1) ~= "/" and folder then path = folder .. "/" .. path; end
	local file, reason = io.open(path, "rb");
	if not file then return nil, tostring(reason); end
	local text = file:read(1048576) or "";
	file:close();
	return text;
end

-- Parses `arg` of prosodyctl; the exit status.
local function run(running, print, arg)
	local domain, path, index = nil, nil, 2;
	while arg[index] do
		if arg[index] == "--certificate" and arg[index + 1] and not path then
			path, index = arg[index + 1], index + 1;
		elseif arg[index]:sub(1, 2) ~= "--" and not domain then
			domain = arg[index];
		else
			domain = nil;
			break;
		end
		index = index + 1;
	end
	if arg[1] ~= "check" or not domain then
		print(usage);
		return unknown;
	end
	if not running then
		print("The configuration of the module is not valid, see the errors above or in the log");
		return unknown;
	end
	if not path then return check_domain(running, print, domain); end
	local pem, reason = read_file(path);
	if not pem then
		print(reason);
		return unknown;
	end
	return check_certificate(running, print, domain, pem);
end

return { run = run, check_domain = check_domain };
