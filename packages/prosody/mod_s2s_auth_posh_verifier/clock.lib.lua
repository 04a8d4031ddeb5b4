-- Two clocks: the wall clock can be set back, and the monotonic one stands still while a machine sleeps. What must not last
-- too long ends when either says so.
local use = module:require "use";
local time = use "util.time";

local function now()
	return time.now();
end

local function monotonic()
	return time.monotonic();
end

local function ending(seconds)
	return { wall = now() + seconds, monotonic = monotonic() + seconds };
end

-- Seconds that are left, 0 or less when it has ended.
local function left(moment)
	return math.min(moment.wall - now(), moment.monotonic - monotonic());
end

-- Seconds since 1970 of an instant of RFC 3339 in UTC, as the service writes them; nil if it is none. Not util.datetime, whose
-- arithmetic goes through the local time zone.
local function instant(text)
	if type(text) ~= "string" then return nil; end
	local pattern = "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)(%.?%d*)Z$";
	local year, month, day, hour, minute, second, fraction = text:match(pattern);
	if not year then return nil; end
	if fraction ~= "" and not fraction:find("^%.%d+$") then return nil; end
	year, month, day = tonumber(year), tonumber(month), tonumber(day);
	hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second);
	if month < 1 or month > 12 or day < 1 or day > 31 or hour > 23 or minute > 59 or second > 60 then return nil; end
	-- Days from a calendar date, with years that begin in March.
	local y = month <= 2 and year - 1 or year;
	local era = math.floor(y / 400);
	local of_era = y - era * 400;
	local of_year = math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
	local days = era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468;
	return days * 86400 + hour * 3600 + minute * 60 + second + (fraction ~= "" and tonumber("0" .. fraction) or 0);
end

return { now = now, monotonic = monotonic, ending = ending, left = left, instant = instant };
