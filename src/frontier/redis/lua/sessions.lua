-- Sessions: the workers of a crawl, and what becomes of those that died.

-- Puts a leased request back as the next of its priority.
local function give_back(entry, deliveries)
  local _, _, priority, name, text = parts_of(entry)
  local s = slot(name)
  s.l = s.l - 1
  C.leased = C.leased - 1
  push(s, priority, queued_text(deliveries, text), 'front')
  schedule(s, false)
end

-- Tokens and entries of what a session has leased, oldest first.
local function leases_of(session)
  local flat = redis.call('HGETALL', P .. 'leases:' .. session)
  local leases = {}
  for i = 1, #flat, 2 do leases[#leases + 1] = { token = tonumber(flat[i]), entry = flat[i + 1] } end
  table.sort(leases, function(a, b) return a.token < b.token end)
  return leases
end

-- Forgets a session. Its leases must have been seen to.
local function forget_session(session)
  local key = P .. 'taken:' .. session
  local taken = redis.call('LRANGE', key, 0, -1)
  -- seeds it had taken go back to where they came from
  for i = #taken, 1, -1 do
    local kind = redis.call('TYPE', KEYS[3]).ok
    if kind == 'set' then
      redis.call('SADD', KEYS[3], taken[i])
    elseif kind == 'zset' then
      redis.call('ZADD', KEYS[3], 0, taken[i])
    else
      redis.call('LPUSH', KEYS[3], taken[i])
    end
  end
  C.taken = C.taken - #taken
  redis.call('DEL', key, P .. 'leases:' .. session, P .. 'worker:' .. session)
  redis.call('ZREM', P .. 'workers', session)
  redis.call('SREM', P .. 'hungry', session)
  if C.seeding == session then C.seeding = '' end
end

-- Takes the leases of dead sessions back. How many sessions, leases and dead letters that were; nothing when none was dead.
local function reap()
  local dead = redis.call('ZRANGEBYSCORE', P .. 'workers', '-inf', now)
  if #dead == 0 then return nil end
  local returned, buried = 0, 0
  for _, session in ipairs(dead) do
    local leases = leases_of(session)
    for i = #leases, 1, -1 do
      local _, deliveries, _, name, text = parts_of(leases[i].entry)
      if deliveries >= C.maxDeliveries then
        local s = slot(name)
        s.l = s.l - 1
        C.leased = C.leased - 1
        schedule(s, false)
        bury(leases[i].token, deliveries, 'dead', 'its worker died ' .. deliveries .. ' times while it had this request', name, text)
        buried = buried + 1
      else
        give_back(leases[i].entry, deliveries)
        returned = returned + 1
      end
    end
    forget_session(session)
  end
  if buried > 0 then redis.call('HINCRBY', P .. 'stats', 'request_end_count/dead', buried) end
  return { #dead, returned, buried }
end

-- The state of the crawl, and why it was stopped.
local function nothing_left()
  return C.seeded == 1 and C.queued == 0 and C.leased == 0 and C.held == 0 and C.taken == 0
    and redis.call('EXISTS', P .. 'delayed') == 0
    and (C.control == 'drain' or redis.call('EXISTS', KEYS[3]) == 0)
end

-- When a crawl that is kept alive ends for want of work; nil: it does not wait.
local function idle_until()
  if C.keepAlive == 0 or C.control == 'drain' then return nil end
  if C.maxIdle == 0 then return math.huge end
  local ends = C.lastActive + C.maxIdle
  if ends <= now then return nil end
  return ends
end

-- Tells every worker to end in good order. The first reason stays.
local function stop(reason)
  if C.control == 'stop' or C.state == 'finished' then return end
  C.control, C.reason = 'stop', reason
  wake_all()
end
