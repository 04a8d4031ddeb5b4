-- A question to the service: domain as A-labels, service, chain, and the key under which its answer is shared and kept.
local use = module:require "use";
local to_ascii = use "util.encodings".idna.to_ascii;
local encode = use "util.json".encode;

local service = "xmpp-server";
local ideographic_stop = "\227\128\130"; -- U+3002, which ToASCII takes for a dot, and Prosody for a letter

local function make(host, chain, proofs)
	local domain = type(host) == "string" and #host <= 1023 and not host:find(ideographic_stop, 1, true) and to_ascii(host);
	if not domain or domain == "" then return nil, "the name is no domain"; end
	domain = domain:lower();
	-- Not shortened or repaired: what is proved must be the name that the stream has.
	if #domain > 253 or domain:find("[^%w.-]") or ("." .. domain .. "."):find("..", 1, true) then
		return nil, "the name is no domain";
	end
	local asked = proofs and table.concat(proofs, ",") or "";
	return {
		domain = domain;
		service = service;
		chain = chain;
		proofs = proofs or nil;
		key = table.concat({ domain, service, asked, chain.digest }, " ");
	};
end

-- The body of the question, for an answer within `deadline` seconds.
local function body(question, deadline)
	return encode({
		domain = question.domain;
		service = question.service;
		chain = question.chain.certificates;
		prooftypes = question.proofs;
		deadlineMs = math.max(50, math.min(30000, math.floor(deadline * 1000)));
	});
end

return { make = make, body = body, service = service };
