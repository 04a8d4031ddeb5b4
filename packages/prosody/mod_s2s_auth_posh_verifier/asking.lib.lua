-- Asking the service: a bounded number of requests, one for equal questions, the next endpoint where one fails.
local request = module:require "request";
local question_lib = module:require "question";
local answer_lib = module:require "answer";
local clock = module:require "clock";

-- After these, another endpoint would say the same.
local final_status = { [400] = true, [413] = true, [415] = true };

-- These are ours, so that another endpoint would not help.
local local_fault = { unloaded = true, busy = true, key = true };

-- settings: endpoints, timeout, max_pending, max_body; client: of net.http; key(): the API key; note: statistics
local function new(settings, client, key, note)
	local flights, preferred = {}, 1;
	-- Requests for new streams, and those for open ones: or strangers who keep all busy would keep the open ones from their checks
	-- until they have to be closed.
	local under_way = { new = 0, open = 0 };

	local function headers(token)
		return {
			["Content-Type"] = "application/json";
			Authorization = token and "Bearer " .. token or nil;
		};
	end

	-- Sends one request to one endpoint; `done(response, fault)`.
	local function attempt(flight, endpoint, options, done)
		local token, reason = key();
		if token == nil then return done(nil, answer_lib.fault("key", reason)); end
		-- One that was given up but cannot be cancelled yet counts too: it holds a socket.
		local kind = flight.kind;
		if under_way[kind] >= settings.max_pending then
			return done(nil, answer_lib.fault("busy", ("%d requests are under way already"):format(under_way[kind])));
		end
		under_way[kind] = under_way[kind] + 1;
		flight.cancel = request.send({
			method = options.method;
			url = endpoint.base .. options.path;
			authority = endpoint.authority;
			headers = headers(token);
			body = options.body;
			client = client;
			max_body = settings.max_body;
			timeout = options.timeout;
		}, done, function () under_way[kind] = under_way[kind] - 1; end);
	end

	local function settle(flight, outcome)
		if flight.settled then return; end
		flight.settled = true;
		if flights[flight.id] == flight then flights[flight.id] = nil; end
		outcome.seconds = clock.monotonic() - flight.started;
		if flight.note then pcall(note, outcome); end
		for _, waiter in ipairs(flight.waiters) do
			pcall(waiter, outcome);
		end
	end

	-- `step`, after which the flight cannot hang: an error in it is its outcome.
	local function guarded(flight, step)
		return function (...)
			local ok, failure = pcall(step, ...);
			if not ok then settle(flight, answer_lib.fault("internal", failure)); end
		end;
	end

	-- Tries the endpoints in turn, the one that answered last first; each has its share of the time that is left.
	local function try(flight, tried)
		local count = #settings.endpoints;
		local index = (flight.first + tried - 1) % count + 1;
		local left = flight.ends - clock.monotonic();
		if tried > 0 and left < 0.1 then return settle(flight, flight.last); end
		local timeout = math.max(0.1, left / (count - tried));
		attempt(flight, settings.endpoints[index], flight.make(timeout), guarded(flight, function (response, fault)
			local outcome = fault or flight.read(response);
			if not outcome.fault then preferred = index; end
			flight.last = outcome;
			local over = not outcome.fault or local_fault[outcome.fault] or final_status[outcome.status] or tried + 1 >= count;
			if over then return settle(flight, outcome); end
			try(flight, tried + 1);
		end));
	end

	local function launch(flight, waiter)
		flight.waiters, flight.first, flight.started = { waiter }, preferred, clock.monotonic();
		flight.ends = flight.started + settings.timeout;
		flights[flight.id] = flight;
		guarded(flight, try)(flight, 0);
	end

	local function ask(kind, question, waiter)
		local flight = flights[question.key];
		if flight then
			flight.waiters[#flight.waiters + 1] = waiter;
			return;
		end
		launch({
			id = question.key;
			kind = kind;
			note = true;
			make = function (timeout)
				-- The service answers `indeterminate` a little before the watchdog would bark.
				local body = question_lib.body(question, math.max(timeout * 0.9, timeout - 1));
				return { method = "POST", path = "/v1/verify", body = body, timeout = timeout };
			end;
			read = function (response) return answer_lib.read(response, question); end;
		}, waiter);
	end

	-- Calls `waiter` with an answer or a fault, exactly once, perhaps at once.
	local function verify(question, waiter) return ask("new", question, waiter); end

	-- The same for a stream that is open.
	local function verify_again(question, waiter) return ask("open", question, waiter); end

	-- A GET for the command line: the body as it is.
	local function get(path, waiter)
		launch({
			id = {};
			kind = "new";
			make = function (timeout) return { method = "GET", path = path, timeout = timeout }; end;
			read = function (response)
				if response.code == 200 then return response; end
				return answer_lib.read(response);
			end;
		}, waiter);
	end

	-- Ends what is under way: those who wait get a fault, which is no yes.
	local function close()
		for _, flight in pairs(flights) do
			pcall(flight.cancel);
			settle(flight, answer_lib.fault("unloaded", "the module was unloaded or reconfigured"));
		end
	end

	-- What is under way stays so for those who wait already, and is not shared with those who ask from now on.
	local function part()
		local parted = {};
		for _, flight in pairs(flights) do
			flight.id = {};
			parted[flight.id] = flight;
		end
		flights = parted;
	end

	local function pending() return under_way.new + under_way.open; end

	return { verify = verify, verify_again = verify_again, get = get, close = close, part = part, pending = pending };
end

return { new = new };
