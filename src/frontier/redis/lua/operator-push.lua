-- Adds seeds to where workers take them from, and wakes workers. The crawl need not be there.
-- KEYS[3] seeds   ARGV: call, list | set | zset where there is no key yet, then for each: message, score
-- Reply: {0, type, added, waiting, living workers}, or {-5, type} when something else is at the key
local before = answered()
if before then return before end
local kind = redis.call('TYPE', KEYS[3])['ok']
if kind == 'none' then kind = ARGV[2] end

local added, waiting = 0, 0
if kind == 'list' then
  for at = 3, #ARGV, 2 do waiting = redis.call('RPUSH', KEYS[3], ARGV[at]) end
  added = (#ARGV - 2) / 2
elseif kind == 'set' then
  for at = 3, #ARGV, 2 do added = added + redis.call('SADD', KEYS[3], ARGV[at]) end
  waiting = redis.call('SCARD', KEYS[3])
elseif kind == 'zset' then
  for at = 3, #ARGV, 2 do added = added + redis.call('ZADD', KEYS[3], ARGV[at + 1], ARGV[at]) end
  waiting = redis.call('ZCARD', KEYS[3])
else
  return { -5, kind }
end
wake(added, '')
return answer({ 0, kind, added, waiting, living_workers() })
