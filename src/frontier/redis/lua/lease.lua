-- Leases requests whose slots may be contacted now.
--   ARGV[2] session   ARGV[3] number of this call   ARGV[4] how many at most
-- Replies {0, now, state, reason, draining 0|1, nextAt ('' none), seeds waiting 0|1, sessions reaped, leases returned, dead letters made,
--          then token, deliveries, slot, text of each lease}
local SEED_POLL = 500 -- ms between looks at start_urls of a crawl that waits for seeds: whoever pushes them sends no message
local MOST_AT_ONCE = 1000 -- that become due by time in one call: the rest in the next
local BURST = 50 -- ms of a limited rate that may be caught up on: a fast limit is not to be cut by the clock's milliseconds
local PATIENT = 8 -- every this many choices the slot that waited longest goes, whatever its priority

if not is_here() then return { -1 } end
local session, number, most = ARGV[2], ARGV[3], tonumber(ARGV[4])
local worker_key, leases_key = P .. 'worker:' .. session, P .. 'leases:' .. session
local last = redis.call('HMGET', worker_key, 'lease', 'callbacks')
if not last[1] then return { -2 } end
redis.call('ZADD', P .. 'workers', now + C.sessionTtl, session)
local reaped = reap() or { 0, 0, 0 }

local leases = {} -- flat: token, deliveries, slot, text
local entries = {} -- flat: token, entry

local function promote()
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', P .. 'slots:waiting', '-inf', now, 'LIMIT', 0, MOST_AT_ONCE)) do
    schedule(slot(name), false)
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', P .. 'delayed', '-inf', now, 'LIMIT', 0, MOST_AT_ONCE)) do
    redis.call('ZREM', P .. 'delayed', member)
    local _, deliveries, priority, name, text = parts_of(member)
    local s = slot(name)
    push(s, priority, queued_text(deliveries, text), false)
    schedule(s, false)
  end
end

-- Callbacks this worker has, by name; nil while all workers have the same.
local can
if C.skew == 1 and last[2] ~= '' then
  can = {}
  for _, name in ipairs(cjson.decode(last[2])) do can[name] = true end
end

local function callback_of(text)
  local fine, request = pcall(cjson.decode, text)
  return fine and type(request) == 'table' and request.callback or nil
end

-- Takes back what waited for a worker like this one.
local function release_held()
  for _, name in ipairs(redis.call('ZRANGE', P .. 'held', 0, -1)) do
    if can[name] then
      for _ = 1, MOST_AT_ONCE do
        local entry = redis.call('LPOP', P .. 'held:' .. name)
        if not entry then
          redis.call('ZREM', P .. 'held', name)
          break
        end
        local _, deliveries, priority, where, text = parts_of(entry)
        C.held = C.held - 1
        local s = slot(where)
        push(s, priority, queued_text(deliveries, text), true)
        schedule(s, false)
      end
    end
  end
end

local function hold(callback, deliveries, priority, name, text)
  redis.call('RPUSH', P .. 'held:' .. callback, now .. '\t' .. deliveries .. '\t' .. priority .. '\t' .. name .. '\t' .. text)
  redis.call('ZADD', P .. 'held', 'NX', now, callback)
  C.held = C.held + 1
end

-- The slot that goes next.
local function choose()
  local first = redis.call('ZRANGE', P .. 'slots:ready', 0, 0, 'WITHSCORES')
  if not first[1] then return nil end
  C.choices = C.choices + 1
  if C.choices % PATIENT ~= 0 then return first[1] end
  -- the first of each priority, of which the one with the smallest turn has waited longest
  local longest, score = first[1], first[2]
  while true do
    local other = redis.call('ZRANGEBYSCORE', P .. 'slots:ready', '(' .. score, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if not other[1] then return longest end
    if string.sub(other[1], 1, 15) < string.sub(longest, 1, 15) then longest = other[1] end
    score = other[2]
  end
end

local function lease(s)
  local deliveries, priority, text = take(s)
  if text and can then
    local callback = callback_of(text)
    if callback and not can[callback] then
      hold(callback, deliveries, priority, s.name, text)
      text = nil
    end
  end
  if not text then
    schedule(s, false)
    return
  end
  C.token = C.token + 1
  C.leased = C.leased + 1
  s.l = s.l + 1
  if s.delay > 0 then s.n = math.max(s.n, now + (s.randomize == 1 and s.delay * (0.5 + math.random()) or s.delay)) end
  schedule(s, true)
  if C.rps > 0 then C.gnext = C.gnext + 1000 / C.rps end
  local n = #leases
  leases[n + 1], leases[n + 2], leases[n + 3], leases[n + 4] = C.token, deliveries + 1, s.name, text
  entries[#entries + 1] = C.token
  entries[#entries + 1] = now .. '\t' .. (deliveries + 1) .. '\t' .. priority .. '\t' .. s.name .. '\t' .. text
end

local call, from, to = string.match(last[1], '^(%d+) ?(%d*) ?(%d*)$')
local open = C.state == 'running' and C.control ~= 'pause' and C.control ~= 'stop'
local next_at = math.huge

local function not_later_than(time)
  if time and time < next_at then next_at = time end
end

-- Leases anew, and keeps which leases this call gave.
local function lease_some()
  if C.rps > 0 then C.gnext = math.max(C.gnext, now - BURST) end
  local first_token = C.token + 1
  while #leases < most * 4 and (C.rps == 0 or C.gnext <= now) do
    local member = choose()
    if not member then break end
    lease(slot(string.sub(member, 16)))
  end
  -- in steps: unpack has a limit of some thousands
  for first = 1, #entries, 1000 do redis.call('HSET', leases_key, unpack(entries, first, math.min(first + 999, #entries))) end
  if #leases > 0 then C.lastActive = now end
  redis.call('HSET', worker_key, 'lease', number .. ' ' .. first_token .. ' ' .. C.token)
end

-- The answer to this call was lost: what it leased is given again.
local function lease_again()
  for token = tonumber(from), tonumber(to) do
    local entry = redis.call('HGET', leases_key, token)
    if entry then
      local _, deliveries, _, name, text = parts_of(entry)
      local n = #leases
      leases[n + 1], leases[n + 2], leases[n + 3], leases[n + 4] = token, deliveries, name, text
    end
  end
end

if open and C.maxTime > 0 then
  if now >= C.started + C.maxTime then
    stop('closespider_timeout')
    open = false
  else
    not_later_than(C.started + C.maxTime)
  end
end
if open then
  promote()
  if can and C.held > 0 then release_held() end
end
if call == number then
  if from ~= '' then lease_again() end
elseif open then
  lease_some()
else
  redis.call('HSET', worker_key, 'lease', number)
end
if open then
  if C.rps > 0 and C.queued > 0 and C.gnext > now then not_later_than(C.gnext) end
  not_later_than(tonumber(redis.call('ZRANGE', P .. 'slots:waiting', 0, 0, 'WITHSCORES')[2]))
  not_later_than(tonumber(redis.call('ZRANGE', P .. 'delayed', 0, 0, 'WITHSCORES')[2]))
end

if #leases < most * 4 then
  redis.call('SADD', P .. 'hungry', session)
else
  redis.call('SREM', P .. 'hungry', session)
end
-- what a dead worker gave back may be more than this one takes
if reaped[2] > 0 then wake(reaped[2], session) end

local seeds = C.control ~= 'drain' and redis.call('EXISTS', KEYS[3]) or 0
local state = 'active'
if C.state == 'finished' then
  state = 'finished'
elseif C.control == 'stop' then
  state = 'stopped'
elseif nothing_left() then
  local ends = idle_until()
  if ends then not_later_than(math.min(ends, now + SEED_POLL)) else state = 'empty' end
elseif C.keepAlive == 1 and #leases < most * 4 then
  not_later_than(now + SEED_POLL)
end
save_slots()
save_crawl()
local reply = {
  0, now, state, C.reason, C.control == 'drain' and 1 or 0, next_at == math.huge and '' or string.format('%.3f', next_at), seeds,
  reaped[1], reaped[2], reaped[3],
}
for i = 1, #leases do reply[#reply + 1] = leases[i] end
return reply
