-- wrk script: PUT /records, random of N e-mails, four fields. Environment: TOKEN, N, CHANGE (1: every PUT
-- carries a first name that was not sent before, 0: always the stored values), CONFIGURATION (contact;
-- multi-object has an account of 1,000 as its fifth field, and stores a survey record each time).
-- Even contacts are changed, odd ones are not, so that what is stored stays known.
local token, n = os.getenv("TOKEN"), tonumber(os.getenv("N") or "500000")
local change = os.getenv("CHANGE") ~= "0"
local configuration = os.getenv("CONFIGURATION") or "contact"
local half, counter = math.floor(n / 2), 0

wrk.method = "PUT"
wrk.headers["Authorization"] = "Bearer " .. token
math.randomseed(tonumber(os.getenv("SEED") or "1"))

request = function()
  local i = 2 * math.random(0, half - 1) + (change and 0 or 1)
  counter = counter + 1
  local first = change and ("N" .. counter .. "x" .. (i % 977)) or ("First" .. i)
  local account = configuration == "multi-object" and "&record[Account%20Name]=Account" .. (math.floor(i / 2) % 1000) or ""
  return wrk.format(nil, "/records?configuration=" .. configuration .. "&record[Email]=user" .. i ..
    "@example.com&record[First%20Name]=" .. first .. "&record[Last%20Name]=Last" .. i ..
    "&record[Job%20Title]=Engineer" .. account)
end

done = function(summary, latency)
  io.write(string.format("RESULT %d %d %.2f %.2f %d %d\n", summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
