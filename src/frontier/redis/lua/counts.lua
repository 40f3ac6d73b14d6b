-- Counts requests by where they are.
-- Replies {0, now, queued, delayed (those held for another worker too), leased, done, dead, seen}
if not is_here() then return { -1 } end
-- others may add to scrapy-redis' own set
local seen = redis.call('HGET', KEYS[1], 'dedupe') == 'scrapy-redis' and redis.call('SCARD', KEYS[2]) or C.seen
local delayed = redis.call('ZCARD', P .. 'delayed') + C.held
return { 0, now, C.queued, delayed, C.leased, C.done, redis.call('HLEN', P .. 'dead'), seen }
