-- Prosody 13 names its libraries `prosody.util.*`, 0.12 `util.*`. Which it is shows in what is loaded already; a try could find
-- a second copy, with other timers, by a path that is relative to the current folder.
local prefix = package.loaded["prosody.util.async"] and "prosody." or "";

return function (name)
	if name:find("^util%.") or name:find("^net%.") or name:find("^core%.") then
		return require(prefix .. name);
	end
	return require(name);
end
