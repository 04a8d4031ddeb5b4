-- Lets a test drive this server: one JSON object a line asks for a command, one answers it, in any order. For tests alone.
module:set_global();

local json = require "util.json";
local st = require "util.stanza";
local new_id = require "util.id".medium;
local time = require "util.time".now;
local promise = require "util.promise";
local add_task = require "util.timer".add_task;
local configmanager = require "core.configmanager";
local modulemanager = require "core.modulemanager";

local hosts = prosody.hosts;
local commands = {};

-- Pings that reached a host of this server from others: "from to" → how many.
local arrived = {};

function module.add_host(host)
	host:hook("iq-get/host/urn:xmpp:ping:ping", function (event)
		local key = event.stanza.attr.from .. " " .. event.stanza.attr.to;
		arrived[key] = (arrived[key] or 0) + 1;
	end, 1000);
end

function commands.ping(command)
	local started = time();
	local iq = st.iq({ type = "get", from = command.from, to = command.to, id = new_id() })
		:tag("ping", { xmlns = "urn:xmpp:ping" });
	return module:context(command.from):send_iq(iq, nil, command.seconds):next(function ()
		return { ok = true, ms = (time() - started) * 1000 };
	end, function (err)
		return { ok = false, ms = (time() - started) * 1000, condition = err.condition, text = err.text };
	end);
end

function commands.arrived()
	return arrived;
end

local function sessions_between(a, b)
	local found = {};
	for session in pairs(prosody.incoming_s2s) do
		if session.from_host == b and session.to_host == a then table.insert(found, session); end
	end
	local out = hosts[a] and hosts[a].s2sout[b];
	if out then table.insert(found, out); end
	return found;
end

-- What streams there are between a host of this server and a foreign one.
function commands.streams(command)
	local found = {};
	for i, session in ipairs(sessions_between(command.here, command.there)) do
		found[i] = session.type;
	end
	table.sort(found);
	return { types = table.concat(found, " ") };
end

function commands.close(command)
	for _, session in ipairs(sessions_between(command.here, command.there)) do
		session:close();
	end
	return {};
end

-- The most CPU time between two turns of a timer of 5 ms, since the last question.
local tick, longest = nil, 0;
add_task(0.005, function ()
	local now = os.clock();
	if tick and now - tick > longest then longest = now - tick; end
	tick = now;
	return 0.005;
end);

function commands.stall()
	local answer = { ms = longest * 1000, cpuMs = os.clock() * 1000 };
	longest = 0;
	return answer;
end

-- When the test sees this in the log, it has seen all that was logged before.
function commands.say(command)
	module:log("info", "%s", command.text);
	return {};
end

-- As an edited file and a reload of it; null removes a setting.
function commands.configure(command)
	for name, value in pairs(command.options) do
		if value == json.null then value = nil; end
		configmanager.set("*", name, value);
	end
	prosody.events.fire_event("config-reloaded");
	return {};
end

function commands.options()
	local options = {};
	for name, value in pairs(configmanager.getconfig()["*"]) do
		if name:find("^posh_verifier_") then options[name] = value; end
	end
	return options;
end

function commands.unload(command)
	local ok, err = modulemanager.unload("*", command.module);
	return { ok = not not ok, error = err and tostring(err) };
end

function commands.load(command)
	local ok, err = modulemanager.load("*", command.module);
	return { ok = not not ok, error = not ok and err and tostring(err) or nil };
end

function commands.reload(command)
	local ok, err = modulemanager.reload("*", command.module);
	return { ok = not not ok, error = not ok and err and tostring(err) or nil };
end

-- Octets of Lua's heap after a full collection.
function commands.heap()
	collectgarbage(); collectgarbage();
	return { octets = math.floor(collectgarbage("count") * 1024) };
end

local function answer(conn, id, result)
	result.id = id;
	conn:write(json.encode(result) .. "\n");
end

local function run(conn, line)
	local command = json.decode(line);
	local id = command.id;
	promise.resolve():next(function ()
		return commands[command.run](command);
	end):next(function (result)
		local copy = {};
		for k, v in pairs(result) do copy[k] = v; end
		answer(conn, id, copy);
	end, function (err)
		answer(conn, id, { failed = tostring(err) });
	end);
end

local pending = {};
module:provides("net", {
	name = "e2e_control";
	private = true;
	listener = {
		onconnect = function (conn) pending[conn] = ""; end;
		ondisconnect = function (conn) pending[conn] = nil; end;
		onincoming = function (conn, data)
			local text = (pending[conn] or "") .. data;
			for line in text:gmatch("([^\n]*)\n") do run(conn, line); end
			pending[conn] = text:match("[^\n]*$");
		end;
	};
});
