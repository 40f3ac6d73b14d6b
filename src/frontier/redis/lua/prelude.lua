-- What every script begins with, after its clock.
--   KEYS[1] {name}:crawl   KEYS[2] set of scrapy-redis' dupe filter   KEYS[3] seeds (start_urls)   KEYS[4] list of items
--   ARGV[1] epoch of the crawl as the caller knows it
-- All other keys begin with P, which is in the same hash slot.
local P = string.sub(KEYS[1], 1, -6)

-- The crawl's own hash, as far as scripts work with it. Texts first; the others are numbers.
local TEXTS = 7
local CRAWL = {
  'epoch', 'state', 'control', 'reason', 'order', 'seeding', 'finishedBy',
  'seeded', 'queued', 'leased', 'done', 'seen', 'held', 'taken', 'token', 'turn', 'choices', 'policies', 'skew', 'started', 'lastActive',
  'concurrency', 'delay', 'randomize', 'budget', 'sessionTtl', 'maxDeliveries', 'rps', 'gnext', 'keepAlive', 'maxIdle', 'maxTime',
  'maxTimeNoItem', 'maxPagesNoItem', 'itemAt', 'pagesNoItem',
  'clock', 'shift',
}
local C = {}
local saved = {}

local function load_crawl()
  local values = redis.call('HMGET', KEYS[1], unpack(CRAWL))
  for i, name in ipairs(CRAWL) do
    local value = i <= TEXTS and (values[i] or '') or tonumber(values[i]) or 0
    C[name], saved[name] = value, value
  end
  -- The time of a crawl never goes back: when the server's clock is set back, or a replica's is behind, what waits would wait longer by that.
  now = now + C.shift
  if now < C.clock then
    C.shift = C.shift + C.clock - now
    now = C.clock
  end
  C.clock = now
  return values[1]
end

-- Writes what has changed, in one command.
local function save_crawl()
  local changed = {}
  for name, value in pairs(C) do
    if saved[name] ~= value then
      changed[#changed + 1] = name
      changed[#changed + 1] = value
      saved[name] = value
    end
  end
  if #changed > 0 then redis.call('HSET', KEYS[1], unpack(changed)) end
end

-- False when the crawl that the caller knows is not here: emptied, or another run of it.
local function is_here()
  return load_crawl() == ARGV[1]
end

-- Adds a request that failed for good to the dead letters.
local function bury(token, deliveries, reason, problem, slot_name, text)
  local facts = { now, deliveries, reason, problem, slot_name, text }
  redis.call('HSET', P .. 'dead', token, table.concat(facts, '\t'))
end

local function wake_all()
  redis.call('DEL', P .. 'hungry')
  redis.call('PUBLISH', P .. 'wake', '*')
end

-- Wakes as many workers that wait for work as there is work for, but not the one that brings it: it looks by itself.
local function wake(count, session)
  if count <= 0 then return end
  redis.call('SREM', P .. 'hungry', session)
  if redis.call('EXISTS', P .. 'hungry') == 0 then return end
  local woken = redis.call('SPOP', P .. 'hungry', count)
  redis.call('PUBLISH', P .. 'wake', table.concat(woken, ' '))
end
