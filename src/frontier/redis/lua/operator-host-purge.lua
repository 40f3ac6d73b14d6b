-- Drops what is queued for a slot. What it has in flight or delayed is left alone.
-- ARGV: call, slot
-- Reply: {0, dropped}, or {-1} without a crawl
local before = answered()
if before then return before end
if not load_crawl() then return { -1 } end
local s = slot(ARGV[2])

local dropped = 0
for _, priority in ipairs(redis.call('ZRANGE', P .. 'priorities:' .. s.name, 0, -1)) do
  dropped = dropped + redis.call('LLEN', queue_key(s, priority))
  redis.call('UNLINK', queue_key(s, priority))
end
redis.call('DEL', P .. 'priorities:' .. s.name)
C.queued = C.queued - s.q
s.q, s.np, s.p = 0, 0, 0
if dropped > 0 then redis.call('HINCRBY', P .. 'stats', 'operator/purged_request_count', dropped) end
save_slots()
save_crawl()
-- it may have been the last of the crawl
wake_all()
return answer({ 0, dropped })
