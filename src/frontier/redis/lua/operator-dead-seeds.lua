-- Takes bad seeds out of their list; with a message, that goes back to where seeds are taken from.
-- KEYS[3] seeds   ARGV: call, list | set | zset where there is no key yet, then for each: entry as read, message (empty: it is dropped)
-- Reply: {0, how many were there}, or {-5, type} when something else is at the key of the seeds
local before = answered()
if before then return before end
local kind = redis.call('TYPE', KEYS[3])['ok']
if kind == 'none' then kind = ARGV[2] end
if kind ~= 'list' and kind ~= 'set' and kind ~= 'zset' then return { -5, kind } end

local count = 0
for at = 3, #ARGV, 2 do
  if redis.call('LREM', P .. 'start_urls:dead', 1, ARGV[at]) == 1 then
    count = count + 1
    local message = ARGV[at + 1]
    if message == '' then
      -- dropped
    elseif kind == 'list' then
      redis.call('RPUSH', KEYS[3], message)
    elseif kind == 'set' then
      redis.call('SADD', KEYS[3], message)
    else
      redis.call('ZADD', KEYS[3], 0, message)
    end
  end
end
wake(count, '')
return answer({ 0, count })
