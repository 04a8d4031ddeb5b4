-- One HTTP request with a watchdog. Prosody's HTTP client has no time-out, and in some cases never calls back at all (a body
-- that ends before its Content-Length, with nothing buffered). `callback` is called exactly once; what comes later does nothing.
local use = module:require "use";
local http = use "net.http";
local timer = use "util.timer";
local plain = module:require "text".plain;

-- A request that is not connected yet cannot be cancelled; it counts as under way until it ends by itself, or for so long.
local max_zombie = 60;
-- One that connects later would send its question, and hold a socket until the read timeout of Prosody (14 minutes).
local zombie_pause, longest_zombie = 5, 600;
local max_head = 16384; -- octets of the head of an answer

-- Collects a body that is streamed, up to `max` octets; refuses the rest, which makes the parser give up.
local function sink(max)
	local parts, octets = {}, 0;
	local collected = { over = false };
	function collected:write(data)
		octets = octets + #data;
		if octets > max then
			self.over, parts = true, {};
			return nil;
		end
		parts[#parts + 1] = data;
		return true;
	end
	function collected.text()
		return table.concat(parts);
	end
	return collected;
end

local too_large = {
	["body-sink-write-failure"] = true, ["content-length-limit-exceeded"] = true, ["max-buffer-size-exceeded"] = true;
};
local malformed = {
	["invalid-chunk-size"] = true, ["invalid-header-line"] = true, ["invalid-status-line"] = true, ["unexpected-eof"] = true;
};

-- Why there was no response, by the words of net.http and net.server.
local function unreachable(reason)
	if too_large[reason] then return { fault = "too-large", detail = "the answer is too large" }; end
	if malformed[reason] then return { fault = "malformed", detail = "HTTP: " .. reason }; end
	reason = plain(reason);
	if reason:find("certificate", 1, true) or reason:find("ssl", 1, true) or reason:find("tls", 1, true) then
		return { fault = "tls", detail = reason };
	end
	return { fault = "unreachable", detail = reason };
end

-- options: method, url, authority, headers, body, client, max_body, timeout
-- callback(response or nil, fault or nil); released() when nothing of the request is left.
local function send(options, callback, released)
	local finished, ended, gone, collected, request, watchdog = false, false, false, nil, nil, nil;

	local function release()
		if gone then return; end
		gone = true;
		pcall(released);
	end

	local function finish(response, fault)
		if finished then return; end
		finished = true;
		if watchdog then timer.stop(watchdog); end
		pcall(callback, response, fault);
	end

	-- Ends a request that nobody waits for any more: now, or when it is connected.
	local function cut(waited)
		if ended then return; end
		if type(request) == "table" and request.conn then
			ended = true;
			pcall(http.destroy_request, request);
			return release();
		end
		if waited >= max_zombie then release(); end
		if waited >= longest_zombie then return; end
		timer.add_task(zombie_pause, function () cut(waited + zombie_pause); end);
	end

	local function on_response(body, code, response)
		ended = true;
		release();
		if finished then return; end
		if code == 0 or type(response) ~= "table" then
			if collected and collected.over then return finish(nil, { fault = "too-large", detail = "the answer is too large" }); end
			return finish(nil, unreachable(body));
		end
		local text = collected and collected.text() or body;
		if (collected and collected.over) or (type(text) == "string" and #text > options.max_body) then
			return finish(nil, { fault = "too-large", detail = "the answer is too large" });
		end
		finish({ code = code, headers = response.headers, body = type(text) == "string" and text or "" });
	end

	watchdog = timer.add_task(options.timeout, function ()
		watchdog = nil;
		if finished then return; end
		finish(nil, { fault = "timeout", detail = ("no answer within %.1f s"):format(options.timeout) });
		cut(0);
	end);

	local headers = { Host = options.authority, Connection = "close", Accept = "application/json" };
	for name, value in pairs(options.headers) do headers[name] = value; end
	local ok, reason = pcall(function ()
		request = options.client:request(options.url, {
			method = options.method;
			headers = headers;
			body = options.body;
			suppress_errors = true; -- or an error in a callback is thrown into the event loop
			streaming_handler = function ()
				collected = sink(options.max_body);
				return collected;
			end;
		}, function (...)
			local called, failure = pcall(on_response, ...);
			if not called then
				release();
				finish(nil, { fault = "internal", detail = plain(failure) });
			end
		end);
	end);
	if not ok then
		ended = true;
		release();
		finish(nil, { fault = "internal", detail = plain(reason) });
	elseif type(request) == "table" and not finished then
		-- Read by the parser of net.http when the first octets arrive; the sink bounds what has no length.
		request.body_size_limit = options.max_body;
		request.buffer_size_limit = options.max_body * 2 + max_head;
		request.head_size_limit = max_head;
	end
	return function ()
		finish(nil, { fault = "unloaded", detail = "the module was unloaded or reconfigured" });
		cut(0);
	end
end

return { send = send };
