-- Takes a crawl out of use, so that it can be cleared: no worker is served any more, and none can join.
-- ARGV: force 0 | 1
-- Reply: {0, kind of the seen set, queued, seen, dead}, {-1} without a crawl, {-6, living workers} unless forced
local epoch = load_crawl()
if not epoch then return { -1 } end
local living = redis.call('ZCOUNT', P .. 'workers', '(' .. now, '+inf')
if living > 0 and ARGV[1] ~= '1' then return { -6, living } end
local dead = redis.call('HLEN', P .. 'dead')
-- seeds that workers have in hand go back to where they came from
for _, session in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do forget_session(session) end
C.state, C.epoch = 'clearing', ''
save_crawl()
wake_all()
return { 0, redis.call('HGET', KEYS[1], 'dedupe') or 'compact', C.queued, C.seen, dead }
