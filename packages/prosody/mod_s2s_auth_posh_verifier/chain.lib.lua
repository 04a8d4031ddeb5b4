-- What the peer showed in TLS, as the service takes it: base64 of DER, the leaf first.
local use = module:require "use";
local pem2der = use "util.x509".pem2der;
local base64 = use "util.encodings".base64.encode;
local sha256 = use "util.hashes".sha256;

local max_certificates = 10; -- what the API takes; only the leaf is compared, the others are for `pkix`
local max_octets = 102400; -- of DER: as much as OpenSSL takes of a peer

local function presented(conn)
	local socket = conn.socket and conn:socket();
	return socket and socket.getpeerchain and socket:getpeerchain();
end

local function der(certificate)
	local pem = certificate and certificate:pem();
	return pem and (pem2der(pem));
end

-- From DER octets, the leaf first. The digest is over lengths and octets, so that no two chains share it.
local function from_der(list)
	local certificates, parts, octets = {}, {}, 0;
	for index, each in ipairs(list) do
		octets = octets + #each;
		if octets > max_octets or index > max_certificates then
			if index == 1 then return nil, "the certificate is too large"; end
			break;
		end
		certificates[index] = base64(each);
		parts[index] = ("%d:"):format(#each) .. each;
	end
	return { certificates = certificates, leaf = base64(sha256(list[1])), digest = sha256(table.concat(parts), true) };
end

-- The chain of a connection whose leaf is `cert`; nil and the reason if it cannot be had.
local function from_connection(conn, cert)
	local leaf = der(cert);
	if not leaf then return nil, "the certificate cannot be read"; end
	local list = { leaf };
	for index, each in ipairs(presented(conn) or {}) do
		if #list > max_certificates then break; end
		local octets = der(each);
		if not octets then return nil, "a certificate of the chain cannot be read"; end
		-- OpenSSL lists the leaf in the chain of a server, and LuaSec adds it to that of a client.
		if index > 1 or octets ~= leaf then list[#list + 1] = octets; end
	end
	return from_der(list);
end

-- From text with PEM blocks, the leaf first.
local function from_pem(text)
	local list = {};
	for block in text:gmatch("%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-") do
		if #list == max_certificates then break; end
		list[#list + 1] = pem2der(block) or nil;
	end
	if not list[1] then return nil, "there is no PEM certificate in it"; end
	return from_der(list);
end

return { from_connection = from_connection, from_pem = from_pem };
