-- Sends requests of a file in random order. Arguments: file, seed, expected text of an answer. Prints one line of JSON.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("id", #threads)
end

local requests = {}
wrong = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read(8)
    if not length then break end
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  expected = args[3]
  math.randomseed(tonumber(args[2]) + id)
end

function request()
  return requests[math.random(#requests)]
end

function response(status, headers, body)
  if status ~= 200 or not body:find(expected, 1, true) then wrong = wrong + 1 end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get("wrong") end
  local at = function(percent) return latency:percentile(percent) / 1e3 end
  io.write(string.format('{"answers":%d,"wrong":%d,"seconds":%.6f,', summary.requests, failed, summary.duration / 1e6))
  io.write(string.format('"p50Ms":%.4f,"p90Ms":%.4f,"p99Ms":%.4f,"p999Ms":%.4f,"mostMs":%.4f}\n',
    at(50), at(90), at(99), at(99.9), latency.max / 1e3))
end
