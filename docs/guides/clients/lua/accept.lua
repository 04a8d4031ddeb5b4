-- Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
--
-- accept.lua HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local digest = require "openssl.digest"
local ssl = require "openssl.ssl"
local contexts = require "openssl.ssl.context"
local stores = require "openssl.x509.store"
local verify_param = require "openssl.x509.verify_param"
local json = require "dkjson"
local base64 = require "mime".b64

local SECONDS = tonumber(os.getenv "VERIFIER_TIMEOUT" or 10)
local MOST = 65536 -- octets of an answer, or of a line

local function not_accepted(code, message)
	error({ code = code, message = message }, 0)
end

local function within(seconds)
	local ends = cqueues.monotime() + seconds
	return function() return math.max(0, ends - cqueues.monotime()) end
end

-- A socket, or nothing and why.
local function connect(host, port, left)
	local connection = socket.connect({ host = host, port = port, sendname = false, nodelay = true })
	connection:onerror(function(_, _, why) return why end) -- results instead of errors
	connection:setmode("b", "bn")
	local is_connected, why = connection:connect(left())
	if not is_connected then return nil, why end
	return connection
end

-- Begins TLS. Returns the SSL, and whether the ordinary check suffices: a path to a root of the store, and the name.
-- OpenSSL checks without VERIFY_PEER too; it goes on, because the caller decides.
local function begin_tls(connection, name, store, left)
	local context = contexts.new("TLS", false)
	context:setOptions(contexts.OP_NO_SSLv3 + contexts.OP_NO_TLSv1 + contexts.OP_NO_TLSv1_1)
	context:setVerify(contexts.VERIFY_NONE)
	context:setStore(store)
	local session = ssl.new(context)
	local is_address = name:find ":" or name:find "^[%d.]+$"
	local expected = verify_param.new()
	if is_address then expected:setIP(name) else expected:setHost(name) end
	local param = session:getParam()
	param:inherit(expected)
	session:setParam(param)
	if not is_address then session:setHostName(name) end
	local is_secure, why = connection:starttls(session, left())
	if not is_secure then return nil, why end
	session = connection:checktls()
	return session, session:getVerifyResult() == 0
end

local function trust(file)
	local store = stores.new()
	return file and store:add(file) or store:addDefaults()
end

-- Status, media type and body; errors are texts. HTTP/1.0 needs no more than this: the answer ends with the connection.
local function post(question)
	local scheme, authority, path = assert(os.getenv "VERIFIER_URL"):match "^(%a+)://([^/]+)(.-)/*$"
	local host, port = (authority or ""):match "^%[?(.-)%]?:?(%d*)$"
	local is_local = ({ ["127.0.0.1"] = true, ["::1"] = true, localhost = true })[host]
	if scheme ~= "https" and not (scheme == "http" and is_local) then
		error("VERIFIER_URL must be https, or http on this machine", 0)
	end
	local body = json.encode(question)
	local head = {
		"POST " .. path .. "/v1/verify HTTP/1.0", "Host: " .. authority, "Accept: application/json",
		"Content-Type: application/json", "Content-Length: " .. #body,
	}
	if os.getenv "VERIFIER_KEY_FILE" then
		local file = assert(io.open(os.getenv "VERIFIER_KEY_FILE"))
		table.insert(head, "Authorization: Bearer " .. file:read "a":match "^%s*(%g*)%s*$")
		file:close()
	end
	local left = within(SECONDS)
	local connection = assert(connect(host, port ~= "" and port or (scheme == "https" and "443" or "80"), left))
	if scheme == "https" then
		local session, is_right = begin_tls(connection, host, trust(os.getenv "VERIFIER_CA_FILE"), left)
		if not session then error("no TLS with the service: " .. tostring(is_right), 0) end
		if not is_right then error("the service's certificate is not trusted", 0) end
	end
	assert(connection:xwrite(table.concat(head, "\r\n") .. "\r\n\r\n" .. body, "bn", left()))
	local parts, octets = {}, 0
	while true do
		if left() == 0 then error("the time is over", 0) end
		local part, why = connection:xread(-4096, "b", left())
		if not part and why then error("no answer: " .. tostring(why), 0) end
		if not part then break end
		parts[#parts + 1], octets = part, octets + #part
		if octets > MOST then error("the answer is too large", 0) end
	end
	connection:close()
	local answer = table.concat(parts)
	local status, fields, content = answer:match "^HTTP/1%.[01] (%d%d%d)[^\r\n]*(\r\n.-\r\n)\r\n(.*)$"
	if not status then error("the answer is not HTTP", 0) end
	local media_type, length, codings = "", nil, false
	for name, value in fields:gmatch "\n([^:\r\n]+):[ \t]*([^\r\n]*)" do
		name = name:lower()
		if name == "content-type" then media_type = value:match "^[^;%s]*":lower() end
		if name == "content-length" then length = tonumber(value) end
		if name == "transfer-encoding" or name == "content-encoding" then codings = true end
	end
	if codings or (length and length ~= #content) then error("the answer is cut, or has a coding", 0) end
	return tonumber(status), media_type, content
end

-- The members of an object, or none. Objects stay empty, so that each member comes by __newindex, a second one too.
local function parse(body)
	local members = {}
	local objects = {
		__newindex = function(object, name, value)
			members[object] = members[object] or {}
			if members[object][name] ~= nil then error("a member is there twice") end
			members[object][name] = value
		end,
		__index = function(object, name) return members[object] and members[object][name] end,
	}
	local is_read, answer, after = pcall(json.decode, body, 1, json.null, objects, {})
	if is_read and getmetatable(answer) == objects and not body:find("%S", after) then return answer end
	return {}
end

-- Returns the message of a yes about exactly this, and raises for everything else.
local function ask(domain, service, chain)
	local certificates = {}
	for index, der in ipairs(chain) do certificates[index] = (base64(der)) end
	local is_answered, status, media_type, body =
		pcall(post, { domain = domain, service = service, chain = certificates })
	if not is_answered then not_accepted("NoAnswer", status) end
	if status ~= 200 or media_type ~= "application/json" then
		local problem = media_type == "application/problem+json" and parse(body) or {}
		not_accepted(problem.code or "NoAnswer", problem.detail or ("HTTP %d %s"):format(status, media_type))
	end
	local answer = parse(body)
	if answer.valid == false then not_accepted(answer.code, answer.message) end
	local certificate = answer.certificate
	local sha256 = base64(digest.new "sha256":final(chain[1]))
	if
		answer.valid == true and answer.verdict == "verified"
		and answer.domain == domain and answer.service == service
		and type(certificate) == "table" and certificate.sha256 == sha256
	then
		return answer.message
	end
	not_accepted("WrongAnswer", "this is no yes about this domain, service and certificate")
end

local function printable(text)
	return (tostring(text):gsub("[^ -~]", "?"):sub(1, 500))
end

-- The application: the peer is the one that was meant. It greets, and repeats a line.
local function talk(peer)
	peer:setmaxline(MOST)
	local left = within(SECONDS)
	print(printable(peer:xread("*l", "b", left())))
	peer:xwrite("hello\n", "bn", left())
	print(printable(peer:xread("*l", "b", left())))
end

local function main(host, port, domain, service)
	local left = within(SECONDS)
	local peer, why = connect(host, port, left)
	if not peer then not_accepted("PeerFailed", why) end
	local session, suffices = begin_tls(peer, domain, trust(), left)
	if not session then not_accepted("PeerFailed", "no TLS: " .. tostring(suffices)) end
	if suffices then
		print "accepted: the ordinary check suffices"
	else
		local chain = {}
		for _, certificate in pairs(session:getPeerChain()) do table.insert(chain, certificate:tostring "DER") end
		print("accepted: " .. printable(ask(domain, service, chain)))
	end
	talk(peer)
end

if #arg ~= 4 then error("usage: accept.lua HOST PORT DOMAIN SERVICE", 0) end
local is_done, no = pcall(main, table.unpack(arg))
if not is_done then
	no = type(no) == "table" and no or { code = "Error", message = no }
	io.stderr:write("not accepted: ", printable(tostring(no.code) .. ": " .. tostring(no.message)), "\n")
	os.exit(1)
end
