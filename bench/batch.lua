-- wrk script: POST /records/batch with 1,000 records that change data, random of N e-mails. Environment: TOKEN, N.
local token, n = os.getenv("TOKEN"), tonumber(os.getenv("N") or "500000")
local counter = 0
math.randomseed(tonumber(os.getenv("SEED") or "1"))

wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. token
wrk.headers["Content-Type"] = "application/json"

request = function()
  local records = {}
  counter = counter + 1
  for k = 1, 1000 do
    local i = math.random(0, n - 1)
    records[k] = '{"Email":"user' .. i .. '@example.com","First Name":"B' .. counter .. 'x' .. k ..
      '","Last Name":"Last' .. i .. '","Job Title":"Engineer"}'
  end
  return wrk.format(nil, "/records/batch?configuration=contact", nil, "[" .. table.concat(records, ",") .. "]")
end

done = function(summary, latency)
  io.write(string.format("RESULT %d %d %.2f %.2f %d %d\n", summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
