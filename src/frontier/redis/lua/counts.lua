-- Counts requests by where they are.
-- Replies {0, now, queued, delayed (those held for another worker too), leased, done, dead, seen}
if not is_here() then return { -1 } end
local delayed = redis.call('ZCARD', P .. 'delayed') + C.held
return { 0, now, C.queued, delayed, C.leased, C.done, redis.call('HLEN', P .. 'dead'), C.seen }
