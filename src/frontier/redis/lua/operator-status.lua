-- The crawl as it stands, in one read.
-- ARGV: how many of the oldest leases
-- Reply: {0, now, crawl hash, stats, {delayed, dead, hosts, items, seeds, dead seeds}, type of the seeds,
--         {{session, expiry, leased, worker hash}...}, {{age, token, session, deliveries, slot, request}...}}, or {-1} without a crawl
if redis.call('EXISTS', KEYS[1]) == 0 then return { -1 } end
local wanted = tonumber(ARGV[1])

-- Keeps the oldest leases in order. Most are younger than the last that is kept, and cost one comparison.
local oldest = {}
local function keep(at, token, session, entry)
  local last = #oldest
  if last == wanted then
    if at >= oldest[last][1] then return end
    last = last - 1
  end
  local place = last + 1
  while place > 1 and oldest[place - 1][1] > at do
    oldest[place] = oldest[place - 1]
    place = place - 1
  end
  oldest[place] = { at, token, session, entry }
end

local workers = {}
local sessions = redis.call('ZRANGE', P .. 'workers', 0, -1, 'WITHSCORES')
for i = 1, #sessions, 2 do
  local session = sessions[i]
  local key = P .. 'leases:' .. session
  local count
  if wanted == 0 then
    count = redis.call('HLEN', key)
  else
    local leases = redis.call('HGETALL', key)
    count = #leases / 2
    for j = 1, #leases, 2 do keep(tonumber(string.match(leases[j + 1], '^%d+')) or 0, leases[j], session, leases[j + 1]) end
  end
  workers[#workers + 1] = { session, sessions[i + 1], count, redis.call('HGETALL', P .. 'worker:' .. session) }
end

local shown = {}
for i, lease in ipairs(oldest) do
  local _, deliveries, _, slot, request = string.match(lease[4], '^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$')
  shown[i] = { math.max(0, now - lease[1]), lease[2], lease[3], deliveries or '0', slot or '', request or lease[4] }
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
