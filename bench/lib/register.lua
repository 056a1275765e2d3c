-- Loads POST /api/v1/leads for wrk: every request has an e-mail of its own.
--   wrk … -s register.lua URL -- PREFIX PATH HEADER…
-- Prints, after wrk's own report, one line of JSON that bench.lib.load reads.

local threads = {}
local counter = 0
local template

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(arguments)
  prefix = arguments[1]
  path = arguments[2]
  wrong = 0
  wrk.headers["Content-Type"] = "application/json"
  for i = 3, #arguments do
    local name, value = arguments[i]:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  local file = io.open(os.getenv("BENCH_BODY"), "r")
  template = file:read("*a")
  file:close()
end

function request()
  counter = counter + 1
  local email = prefix .. "-" .. number .. "-" .. counter .. "@bench.example"
  return wrk.format("POST", path, nil, (template:gsub("{email}", email, 1)))
end

function response(status)
  if status ~= 201 then
    wrong = wrong + 1
  end
end

function done(summary, latency)
  local bad = 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("wrong")
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "wrong": %d, "lost": %d, "p50": %.4f, "p99": %.4f}\n',
    summary.requests, summary.duration / 1e6, bad, lost,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
