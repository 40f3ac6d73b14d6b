-- Clears a step of what a crawl leaves behind. No worker may take part in it.
--   ARGV[1] epoch of the crawl, for `seen`   ARGV[2] seen: what was seen, after a crawl has finished · all: all but items, seeds and bad seeds
--   ARGV[3] kind of the seen set
-- Replies {0, 1 when all is gone, 0 when there is more} · {-1} the crawl is in use again
local STEP = 500 -- keys a call

local epoch = load_crawl()
local all = ARGV[2] == 'all'
if not epoch then return { 0, 1 } end
if all and C.state ~= 'clearing' then return { -1 } end
if not all and (epoch ~= ARGV[1] or C.state ~= 'finished') then return { -1 } end

-- Deletes up to a step of the keys `dupefilter:0` to the one before `keys`, the last first.
local function clear_seen()
  if ARGV[3] == 'scrapy-redis' then redis.call('UNLINK', KEYS[2]) end
  local keys = tonumber(redis.call('HGET', P .. 'dupefilter', 'keys') or 0)
  local first = math.max(0, keys - STEP)
  for n = first, keys - 1 do redis.call('UNLINK', P .. 'dupefilter:' .. n) end
  if first > 0 then
    redis.call('HSET', P .. 'dupefilter', 'keys', first)
    return false
  end
  -- the only set of a small crawl is there before its number is written
  redis.call('UNLINK', P .. 'dupefilter:0', P .. 'dupefilter')
  return true
end

local function clear_queues()
  for _, name in ipairs(redis.call('ZRANGE', P .. 'requests', 0, STEP - 1)) do
    for _, priority in ipairs(redis.call('ZRANGE', P .. 'priorities:' .. name, 0, -1)) do
      redis.call('UNLINK', P .. 'requests:' .. priority .. ':' .. name)
    end
    redis.call('DEL', P .. 'priorities:' .. name, P .. 'slot:' .. name)
    redis.call('ZREM', P .. 'requests', name)
  end
  return redis.call('ZCARD', P .. 'requests') == 0
end

if not clear_seen() then return { 0, 0 } end
if not all then
  redis.call('HSET', KEYS[1], 'cleared', 1)
  return { 0, 1 }
end
if not clear_queues() then return { 0, 0 } end
for _, callback in ipairs(redis.call('ZRANGE', P .. 'held', 0, -1)) do redis.call('UNLINK', P .. 'held:' .. callback) end
for _, name in ipairs({ 'held', 'delayed', 'policies', 'dead', 'stats', 'budgets', 'hungry', 'slots:ready', 'slots:waiting', 'workers', 'imported' }) do
  redis.call('UNLINK', P .. name)
end
redis.call('DEL', KEYS[1])
return { 0, 1 }
