-- What the service said, for as long as it allows (`ttl`), and at most so many answers. Failures and `indeterminate` are not
-- kept: the next stream asks anew.
local use = module:require "use";
local new_cache = use "util.cache".new;
local clock = module:require "clock";

local function new(entries)
	local cache = entries > 0 and new_cache(entries) or nil;
	local era = 0; -- how often it was emptied

	local function get(key)
		local entry = cache and cache:get(key);
		if not entry then return nil; end
		-- A wall clock before the moment of storing was set back: then it proves nothing.
		if clock.left(entry.ending) <= 0 or clock.now() < entry.stored - 2 then
			cache:set(key, nil);
			return nil;
		end
		cache:set(key, entry); -- the least recently used one is evicted first
		return entry.answer;
	end

	-- `asked_in`: the era in which the question was asked. What was asked before the memory was emptied is what was to be forgotten.
	local function put(key, answer, asked_in)
		if not cache or (asked_in and asked_in ~= era) then return; end
		if answer.fault or answer.verdict == "indeterminate" or answer.ttl <= 0 then
			-- What was known before is no longer what the service says.
			if not answer.fault and answer.verdict ~= "indeterminate" then cache:set(key, nil); end
			return;
		end
		cache:set(key, { answer = answer, stored = clock.now(), ending = clock.ending(answer.ttl) });
	end

	local function count()
		return cache and cache:count() or 0;
	end

	local function clear()
		local known = count();
		era = era + 1;
		if cache then cache:clear(); end
		return known;
	end

	return { get = get, put = put, count = count, clear = clear, era = function () return era; end };
end

return { new = new };
