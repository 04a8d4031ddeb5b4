-- Runs a file of cases with the module's files and Prosody's own libraries, but for the clock, the timers and the HTTP client,
-- which a case moves by hand. Usage: lua harness.lua FOLDER-OF-THE-MODULE CASES [13]. With 13, libraries have the names
-- of Prosody 13.
local folder, cases, version = arg[1], arg[2], arg[3] or "0.12";
package.path = "/usr/lib/prosody/?.lua;" .. package.path;
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath;
if _VERSION ~= "Lua 5.4" then dofile((arg[0]:gsub("[^/]+$", "standins.lua"))); end
if version == "13" then
	table.insert(package.searchers, 2, function (name)
		local library = name:match("^prosody%.(.+)$");
		return library and function () return require(library); end;
	end);
	require "prosody.util.async";
end

local world = {
	version = version, wall = 1795996800, monotonic = 1000, timers = {}, requests = {}, logged = {}, options = {}, hooks = {},
	measured = {}, items = {}, shared = {};
};

package.loaded["util.time"] = {
	now = function () return world.wall; end;
	monotonic = function () return world.monotonic; end;
};

package.loaded["util.timer"] = {
	add_task = function (delay, callback)
		local timer = { at = world.monotonic + delay, callback = callback };
		world.timers[timer] = true;
		return timer;
	end;
	stop = function (timer) world.timers[timer] = nil; end;
};

local client = {};
function client:request(url, options, callback) -- luacheck: ignore 212/self
	local request = { url = url, options = options, callback = callback, conn = {} };
	world.requests[#world.requests + 1] = request;
	if world.on_request then world.on_request(request); end
	return request;
end
package.loaded["net.http"] = {
	new = function (options) world.client_options = options; return client; end;
	destroy_request = function (request) request.conn, request.destroyed = nil, true; end;
};
package.loaded["core.certmanager"] = {
	create_context = function (_, _, trust) world.trust = trust; return { context = true }; end;
};
package.loaded["core.configmanager"] = {
	getconfig = function () return { ["*"] = world.options }; end;
};
world.client = client;

-- Moves both clocks, and runs what is due.
function world.advance(seconds)
	local target = world.monotonic + seconds;
	while true do
		local due;
		for timer in pairs(world.timers) do
			if timer.at <= target and (not due or timer.at < due.at) then due = timer; end
		end
		if not due then break; end
		world.timers[due] = nil;
		world.wall = world.wall + math.max(0, due.at - world.monotonic);
		world.monotonic = math.max(due.at, world.monotonic);
		due.callback();
	end
	world.wall = world.wall + (target - world.monotonic);
	world.monotonic = target;
end

local function metric()
	return {
		with_labels = function (_, ...)
			local key = table.concat({ ... }, " ");
			local function count() world.measured[key] = (world.measured[key] or 0) + 1; end
			return { add = count, sample = count, set = count };
		end;
	};
end

local function log(_, level, format, ...)
	world.logged[#world.logged + 1] = level .. " " .. format:format(...);
end

world.own_modules = {};
rawset(_G, "prosody", { hosts = { ["own.example"] = { modules = world.own_modules } } });
module = {
	_log = function (...) log(nil, ...); end;
	require = function (_, name) return assert(loadfile(folder .. "/" .. name .. ".lib.lua"))(); end;
	set_global = function () end;
	log = log;
	log_status = log;
	set_status = function () end;
	metric = metric;
	hook = function (_, name, handler, priority) world.hooks[name] = { handler = handler, priority = priority }; end;
	hook_global = function (_, name, handler) world.hooks[name] = { handler = handler }; end;
	add_item = function (_, key, item) world.items[#world.items + 1] = { key = key, item = item }; end;
	get_option = function (_, name) return world.options[name]; end;
	shared = function (_, path)
		world.shared[path] = world.shared[path] or {};
		return world.shared[path];
	end;
};

function world.load() return assert(loadfile(folder .. "/mod_s2s_auth_posh_verifier.lua"))(); end

local failures, number = 0, 0;
local test = {};

function test.case(name, body)
	number = number + 1;
	world.requests, world.timers, world.logged, world.measured = {}, {}, {}, {};
	world.on_request = nil;
	local ok, reason = xpcall(body, debug.traceback);
	if not ok then
		failures = failures + 1;
		print(("not ok %s: %s"):format(name, reason));
	end
end

function test.equal(actual, expected, what)
	if actual ~= expected then
		error(("%s: expected %s, got %s"):format(what or "value", tostring(expected), tostring(actual)), 2);
	end
end

function test.contains(text, part)
	if type(text) ~= "string" or not text:find(part, 1, true) then
		error(("expected %q in %s"):format(part, tostring(text)), 2);
	end
end

assert(loadfile(cases))(world, test);
print(("%d cases, %d failures"):format(number, failures));
os.exit(failures == 0 and number > 0 and 0 or 1);
