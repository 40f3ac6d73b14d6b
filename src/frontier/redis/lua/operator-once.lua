-- What an operator's scripts that change something share: a call whose answer got lost is sent again, and must not be carried out twice.
-- ARGV[1]: names this call; its answer is kept for a minute
local ONCE = P .. 'operator:' .. ARGV[1]

-- The answer this call was given before, if any.
local function answered()
  local before = redis.call('GET', ONCE)
  if before then return cjson.decode(before) end
  return nil
end

local function answer(reply)
  redis.call('SET', ONCE, cjson.encode(reply), 'EX', 60)
  return reply
end

local function living_workers()
  return redis.call('ZCOUNT', P .. 'workers', '(' .. now, '+inf')
end
