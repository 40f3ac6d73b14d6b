-- Keeps a session alive, and sees to those that died and to requests that no worker can run.
--   ARGV[2] session
-- Replies {0, now, sessions reaped, leases returned, dead letters made}
local HELD_FOR = 2 -- times the sessions' time to live: then a callback that nobody has is taken to be gone for good

if not is_here() then return { -1 } end
local session = ARGV[2]
local alive = redis.call('ZSCORE', P .. 'workers', session)
if alive then
  redis.call('ZADD', P .. 'workers', now + C.sessionTtl, session)
  redis.call('HSET', P .. 'worker:' .. session, 'lastBeat', now)
end
local reaped = reap() or { 0, 0, 0 }

-- Requests whose callback no worker has had for long become dead letters.
local function bury_held()
  local known = {}
  for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do
    local callbacks = redis.call('HGET', P .. 'worker:' .. worker, 'callbacks')
    if callbacks and callbacks ~= '' then
      for _, name in ipairs(cjson.decode(callbacks)) do known[name] = true end
    end
  end
  local waiting = redis.call('ZRANGE', P .. 'held', 0, -1, 'WITHSCORES')
  for i = 1, #waiting, 2 do
    local name = waiting[i]
    if known[name] then
      redis.call('ZADD', P .. 'held', now, name)
    elseif tonumber(waiting[i + 1]) + HELD_FOR * C.sessionTtl <= now then
      for _ = 1, 1000 do
        local entry = redis.call('LPOP', P .. 'held:' .. name)
        if not entry then
          redis.call('ZREM', P .. 'held', name)
          break
        end
        local _, deliveries, _, where, text = parts_of(entry)
        C.token = C.token + 1
        C.held = C.held - 1
        bury(C.token, deliveries, 'dead', 'no worker has the callback ' .. name, where, text)
        reaped[3] = reaped[3] + 1
        redis.call('HINCRBY', P .. 'stats', 'request_end_count/dead', 1)
      end
    end
  end
end
if C.held > 0 then bury_held() end

save_slots()
if nothing_left() then wake_all() else wake(reaped[2], session) end
save_crawl()
if not alive then return { -2 } end
return { 0, now, reaped[1], reaped[2], reaped[3] }
