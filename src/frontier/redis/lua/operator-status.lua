-- The crawl as it stands, in one read.
-- ARGV: how many of the oldest leases
-- Reply: {0, now, crawl hash, stats, {delayed, dead, hosts, items, seeds, dead seeds}, type of the seeds,
--         {{session, expiry, leased, worker hash}...}, {{age, token, session, deliveries, slot, request}...}}, or {-1} without a crawl
if redis.call('EXISTS', KEYS[1]) == 0 then return { -1 } end
local wanted = tonumber(ARGV[1])

local workers, oldest = {}, {}
local sessions = redis.call('ZRANGE', P .. 'workers', 0, -1, 'WITHSCORES')
for i = 1, #sessions, 2 do
  local session = sessions[i]
  local leases = redis.call('HGETALL', P .. 'leases:' .. session)
  workers[#workers + 1] = { session, sessions[i + 1], #leases / 2, redis.call('HGETALL', P .. 'worker:' .. session) }
  for j = 1, #leases, 2 do
    local at, deliveries, slot, request = string.match(leases[j + 1], '^([^\t]*)\t([^\t]*)\t[^\t]*\t([^\t]*)\t(.*)$')
    oldest[#oldest + 1] = { tonumber(at) or 0, leases[j], session, deliveries, slot, request }
  end
end
table.sort(oldest, function(a, b)
  if a[1] ~= b[1] then return a[1] < b[1] end
  return tonumber(a[2]) < tonumber(b[2])
end)
local shown = {}
for i = 1, math.min(wanted, #oldest) do
  local lease = oldest[i]
  lease[1] = math.max(0, now - lease[1])
  shown[i] = lease
end

local kind = redis.call('TYPE', KEYS[3])['ok']
local count = { list = 'LLEN', set = 'SCARD', zset = 'ZCARD' }
local function length(key)
  local command = count[redis.call('TYPE', key)['ok']]
  return command and redis.call(command, key) or 0
end
return {
  0,
  now,
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', P .. 'stats'),
  {
    redis.call('ZCARD', P .. 'delayed'),
    redis.call('HLEN', P .. 'dead'),
    redis.call('ZCARD', P .. 'requests'),
    length(KEYS[4]),
    length(KEYS[3]),
    length(P .. 'start_urls:dead'),
  },
  kind,
  workers,
  shown,
}
