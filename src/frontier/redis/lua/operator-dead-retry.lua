-- Puts dead letters back into the queue. One that is gone or another than the caller read is left out.
-- ARGV: call, then for each: token, letter as read, slot, priority, request
-- Reply: {0, how many}, {-1} without a crawl, {-7} when what it had seen is to be cleared first: it has finished, and does not persist
local before = answered()
if before then return before end
if not load_crawl() then return { -1 } end
local persist, cleared = unpack(redis.call('HMGET', KEYS[1], 'persist', 'cleared'))
if C.state == 'clearing' then return { -1 } end
if C.state == 'finished' and persist ~= '1' and not cleared then return { -7 } end

local count = 0
for at = 2, #ARGV, 5 do
  if redis.call('HGET', P .. 'dead', ARGV[at]) == ARGV[at + 1] then
    redis.call('HDEL', P .. 'dead', ARGV[at])
    place(ARGV[at + 2], ARGV[at + 3], 0, 0, ARGV[at + 4])
    count = count + 1
  end
end
if count > 0 then
  redis.call('HINCRBY', P .. 'stats', 'operator/retried_dead_count', count)
  -- there is something to do again
  if C.state == 'finished' then
    C.state, C.finishedBy = 'running', ''
    if cleared then
      C.seen = 0
      redis.call('HDEL', KEYS[1], 'cleared')
    end
  end
  C.lastActive = now
end
save_slots()
save_crawl()
if count > 0 then wake_all() end
return answer({ 0, count })
