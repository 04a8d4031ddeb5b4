-- The HTTP client towards the service. With a CA file of its own, that is all it trusts; otherwise the machine's.
local use = module:require "use";
local http = use "net.http";
local create_context = use "core.certmanager".create_context;

local function readable(path)
	local file, reason = io.open(path, "rb");
	if not file then return nil, reason; end
	local ok = file:read(1);
	file:close();
	if not ok then return nil, path .. " is empty"; end
	return true;
end

-- A client, or nil and the reason.
local function new(settings)
	local secure = false;
	for _, endpoint in ipairs(settings.endpoints) do secure = secure or endpoint.secure; end
	if not secure then return http.new({ suppress_errors = true }); end
	local trust = { verify = { "peer" }, protocol = "tlsv1_2+" };
	if settings.ca_file then
		local ok, reason = readable(settings.ca_file);
		if not ok then return nil, "posh_verifier_ca_file: " .. tostring(reason); end
		trust.cafile, trust.capath = settings.ca_file, false;
	end
	local context, failure = create_context("posh_verifier port 0", "client", trust);
	if not context then return nil, "posh_verifier_ca_file: " .. tostring(failure); end
	return http.new({ sslctx = context, suppress_errors = true });
end

return { new = new };
