-- Opens a session: creates the crawl, joins it, or takes it up again.
--   ARGV[1] epoch for a crawl that begins   ARGV[2] session   ARGV[3] JSON: format, name, host, pid, version, callbacks (text),
--   flush, epoch (of the crawl that a lost session had; else empty), persist, dedupe, startUrlsType,
--   settings {field of the crawl's hash: value}, policies {slot: text}
-- Replies {-1} the crawl of the lost session is gone
--         {0, epoch, how, live, now, control, reason}: how is created, again, resumed or joined; live: other workers
--         {1} first the keys of an earlier run are to be cleared, with `clear` · {-3, key, expected, found} another type at a key
--         {-4, format} written by another version · {-5, dedupe} the crawl keeps what was seen in another way · {-6, live} not while others live
local worker = cjson.decode(ARGV[3])

local expected = {
  [KEYS[1]] = 'hash', [P .. 'workers'] = 'zset', [P .. 'requests'] = 'zset', [P .. 'slots:ready'] = 'zset', [P .. 'slots:waiting'] = 'zset',
  [P .. 'delayed'] = 'zset', [P .. 'policies'] = 'hash', [P .. 'dead'] = 'hash', [P .. 'stats'] = 'hash', [P .. 'hungry'] = 'set',
  [P .. 'budgets'] = 'hash', [P .. 'held'] = 'zset', [P .. 'dupefilter'] = 'hash',
  [KEYS[3]] = worker.startUrlsType, [KEYS[4]] = 'list',
}
if worker.dedupe == 'scrapy-redis' then expected[KEYS[2]] = 'set' end
for key, kind in pairs(expected) do
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= kind then return { -3, key, kind, found } end
end

local present = load_crawl()
local format, dedupe = unpack(redis.call('HMGET', KEYS[1], 'format', 'dedupe'))
if format and format ~= tostring(worker.format) then return { -4, format } end

-- whoever lost its session goes on in the very crawl it had, also when that has finished meanwhile, or in none
local goes_on = worker.epoch ~= ''
if goes_on and present ~= worker.epoch then return { -1 } end

local live = redis.call('ZCOUNT', P .. 'workers', '(' .. now, '+inf')

-- A crawl that is being cleared belongs to nobody until that is done.
local function begin_clearing()
  reap()
  C.state, C.epoch = 'clearing', ''
  save_slots()
  save_crawl()
  return { 1 }
end

if C.state == 'clearing' then return { 1 } end
if present and worker.flush then
  if live > 0 then return { -6, live } end
  return begin_clearing()
end
if present and dedupe ~= worker.dedupe and (C.state ~= 'finished' or worker.persist) then return { -5, dedupe } end

local how
if not present or (C.state == 'finished' and not goes_on) then
  if present and not worker.persist then
    -- what was seen, and the dead letters of the run before, go first
    return begin_clearing()
  end
  how = present and 'again' or 'created'
  -- the run before did not know that what it saw was to be kept
  if redis.call('HGET', KEYS[1], 'cleared') then C.seen = 0 end
  redis.call('HDEL', KEYS[1], 'cleared')
  C.epoch = ARGV[1]
  C.state, C.finishedBy, C.seeded, C.seeding = 'running', '', 0, ''
  redis.call('HSET', KEYS[1], 'format', worker.format, 'name', worker.name, 'dedupe', worker.dedupe)
elseif live == 0 then
  how = 'resumed'
else
  how = 'joined'
end

if live == 0 then
  C.started, C.lastActive, C.gnext = now, now, 0
  C.itemAt, C.pagesNoItem = now, 0
  -- a stop is over when all have ended; a pause lasts until an operator takes it back, also when all workers are replaced meanwhile
  if how ~= 'resumed' or C.control == 'stop' then C.control, C.reason = '', '' end
  local stats = redis.call('HMGET', P .. 'stats', 'response_received_count', 'item_scraped_count', 'spider_exceptions/count')
  redis.call('HSET', KEYS[1], 'maxPagesBase', stats[1] or 0, 'maxItemsBase', stats[2] or 0, 'maxErrorsBase', stats[3] or 0)
end
-- the settings of whoever joined last hold for all: that is how a new pace is brought to a fleet, one worker after the other
local settings = { 'persist', worker.persist and 1 or 0 }
for field, value in pairs(worker.settings) do
  settings[#settings + 1] = field
  settings[#settings + 1] = value
  if C[field] ~= nil then
    C[field] = type(C[field]) == 'number' and tonumber(value) or value
    saved[field] = C[field]
  end
end
redis.call('HSET', KEYS[1], unpack(settings))
for name, policy in pairs(worker.policies) do redis.call('HSET', P .. 'policies', name, policy) end
C.policies = redis.call('HLEN', P .. 'policies')
for name in pairs(worker.policies) do slot(name) end

-- workers that can run different callbacks: from now on leases look at them
local callbacks = redis.call('HGET', KEYS[1], 'callbacks')
if worker.callbacks ~= '' and callbacks and callbacks ~= '' and callbacks ~= worker.callbacks then C.skew = 1 end
redis.call('HSET', KEYS[1], 'callbacks', worker.callbacks)

redis.call('HSET', P .. 'worker:' .. ARGV[2], 'host', worker.host, 'pid', worker.pid, 'version', worker.version,
  'callbacks', worker.callbacks, 'started', now, 'lastBeat', now, 'pages', 0, 'items', 0, 'lease', '0', 'commit', '0', 'free', '0', 'enqueue', '0', 'seeds', '0')
redis.call('ZADD', P .. 'workers', now + C.sessionTtl, ARGV[2])
redis.call('SADD', P .. 'hungry', ARGV[2])
save_slots()
save_crawl()
return { 0, C.epoch, how, live, now, C.control, C.reason }
