-- Commands of the admin shell: `posh:check("example.org")`, `posh:status()`, `posh:forget()`; with Prosody 13 also
-- `prosodyctl shell posh check example.org`.
local check_domain = module:require "command".check_domain;

local modern = package.loaded["prosody.util.async"] ~= nil;
local section = "posh";

-- get(): what runs now, or nil
local function add(get)
	local commands = {};

	function commands.check(self, domain)
		local running = get();
		if not running then return nil, "The configuration of the module is not valid, see the log"; end
		if type(domain) ~= "string" then return nil, "Which domain?"; end
		local status = check_domain(running, self.session.print, domain);
		return status == 0, status == 0 and "The domain vouches for certificates" or "The domain vouches for none, as far as is known";
	end

	function commands.status(self)
		local running, recheck = get();
		if not running then return nil, "The configuration of the module is not valid, see the log"; end
		local print = self.session.print;
		for _, endpoint in ipairs(running.settings.endpoints) do print("Asks " .. endpoint.base); end
		print("Mode " .. running.settings.mode);
		print(("%d requests under way, of at most %d"):format(running.asking.pending(), running.settings.max_pending * 2));
		print(("%d answers in memory, of at most %d"):format(running.memory.count(), running.settings.cache_entries));
		return true, ("%d streams are checked again"):format(recheck.count());
	end

	function commands.forget()
		local running = get();
		if not running then return nil, "The configuration of the module is not valid, see the log"; end
		running.asking.part();
		return true, ("%d answers forgotten"):format(running.memory.clear());
	end

	local descriptions = {
		check = "Ask the POSH service what a domain publishes";
		status = "Show what the POSH module does now";
		forget = "Forget all answers of the POSH service";
	};
	if modern then
		for name, handler in pairs(commands) do
			module:add_item("shell-command", {
				section = section, section_desc = "POSH: certificates of other servers", name = name, desc = descriptions[name];
				args = name == "check" and { { name = "domain", type = "string" } } or {};
				handler = handler;
			});
		end
		return function () end; -- Prosody takes items away with the module
	end
	local env = module:shared("/*/admin_shell/env");
	env[section] = commands;
	return function ()
		if env[section] == commands then env[section] = nil; end
	end;
end

return { add = add };
