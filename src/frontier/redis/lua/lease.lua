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
    push(s, priority, queued_text(deliveries, text))
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
        push(s, priority, queued_text(deliveries, text), 'front')
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

-- Slots that are ready are taken out of their sorted set some at a time, and put back when all is leased: for each choice a few comparisons
-- in place of four commands.
local taken, at = {}, 1 -- flat, in their order: member, score; those before `at` have been chosen
local rest = true -- there may be more in the set
local again = {} -- slots that were chosen and may go again

local function take_ready()
  local count = most - #entries / 2
  taken, at = redis.call('ZPOPMIN', P .. 'slots:ready', count), 1
  rest = #taken == 2 * count
end

local skipped = {} -- slots whose next request this session may not have now
local function put_back()
  for _, s in ipairs(skipped) do
    s.w, s.p0, s.n0 = 1, s.p, s.n
    again[#again + 1] = s
  end
  local back = {}
  for i = at, #taken, 2 do
    back[#back + 1], back[#back + 2] = taken[i + 1], taken[i]
  end
  for _, s in ipairs(again) do
    back[#back + 1], back[#back + 2] = -s.p, ready_member(s)
  end
  for first = 1, #back, STEP do redis.call('ZADD', P .. 'slots:ready', unpack(back, first, math.min(first + STEP - 1, #back))) end
end

-- The position in `again` of the slot that goes before the others of it.
local function best_again()
  local best
  for i, s in ipairs(again) do
    local other = again[best]
    if not other or s.p > other.p or (s.p == other.p and s.t < other.t) then best = i end
  end
  return best
end

-- The slot that has waited longest, out of those taken, those that may go again and the first of each priority of the set: where it is.
local function longest()
  local from, where, turn = nil, nil, math.huge
  local function look(list, place, t)
    if t < turn then from, where, turn = list, place, t end
  end
  for i = at, #taken, 2 do look(taken, i, tonumber(string.sub(taken[i], 1, 15))) end
  for i, s in ipairs(again) do look(again, i, s.t) end
  -- what is left of the last priority that was taken from came after it
  local score = taken[#taken]
  while rest do
    local first = redis.call('ZRANGEBYSCORE', P .. 'slots:ready', '(' .. score, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if not first[1] then break end
    look(nil, first[1], tonumber(string.sub(first[1], 1, 15)))
    score = first[2]
  end
  return from, where
end

-- The slot that has most queued, if it may go and none that may has a better priority: where it is. Going round among thousands of small
-- hosts would keep a big one far below its pace, and the crawl waits for it in the end.
local function biggest()
  local name = redis.call('ZREVRANGE', P .. 'requests', 0, 0)[1]
  local first = again[best_again()]
  local best = math.max(first and first.p or -math.huge, at <= #taken and -tonumber(taken[at + 1]) or -math.huge)
  for i, s in ipairs(again) do
    if s.name == name then return s.p >= best and again, s.p >= best and i end
  end
  for i = at, #taken, 2 do
    if string.sub(taken[i], 16) == name then
      local fits = -tonumber(taken[i + 1]) >= best
      return fits and taken, fits and i
    end
  end
  local s = name and rest and slot(name)
  if s and s.w == 1 and s.p >= best then return nil, ready_member(s) end
end

-- The slot that goes next. It is in no set then; see `stand`.
local function choose()
  if at > #taken and rest then take_ready() end
  if at > #taken and #again == 0 then return nil end
  C.choices = C.choices + 1
  local from, where
  local turn = C.choices % PATIENT
  if turn == 0 then
    from, where = longest()
  elseif turn == PATIENT / 2 then
    from, where = biggest()
  end
  if not where then
    local i = best_again()
    local s = again[i]
    from, where = taken, at
    if at > #taken then
      from, where = again, i
    elseif s then
      local p, t = -tonumber(taken[at + 1]), tonumber(string.sub(taken[at], 1, 15))
      if s.p > p or (s.p == p and s.t < t) then from, where = again, i end
    end
  end
  if from == again then return table.remove(again, where) end
  local member = where
  if from == taken then
    member = taken[where]
    if where == at then
      at = at + 2
    else
      table.remove(taken, where + 1)
      table.remove(taken, where)
    end
  else
    redis.call('ZREM', P .. 'slots:ready', member)
  end
  local s = slot(string.sub(member, 16))
  s.w = 0
  return s
end

-- Where a slot that was chosen goes: `served` sends it behind those that wait.
local function stand(s, served)
  if s.q > 0 and s.l < s.concurrency and s.n <= now then
    if served then
      C.turn = C.turn + 1
      s.t = C.turn
    end
    s.w, s.p0, s.n0 = 1, s.p, s.n
    again[#again + 1] = s
  else
    s.w = 0
    schedule(s, served)
  end
end

-- A request that was leased this often without a commit may be what kills its workers. A session has one of those at a time.
local suspected_after = math.max(1, math.floor(C.maxDeliveries / 2))
local has_suspect

local function may_have_suspect()
  if has_suspect == nil then
    local token = redis.call('HGET', worker_key, 'suspect')
    has_suspect = token and redis.call('HGET', leases_key, token) and true
  end
  return not has_suspect
end

local function lease(s)
  local deliveries, priority, text = take(s)
  if text and deliveries >= suspected_after and not may_have_suspect() then
    push(s, priority, queued_text(deliveries, text), 'front')
    skipped[#skipped + 1] = s
    return
  end
  if text and can then
    local callback = callback_of(text)
    if callback and not can[callback] then
      hold(callback, deliveries, priority, s.name, text)
      text = nil
    end
  end
  if not text then
    stand(s, false)
    return
  end
  C.token = C.token + 1
  C.leased = C.leased + 1
  s.l = s.l + 1
  if deliveries >= suspected_after then
    has_suspect = true
    redis.call('HSET', worker_key, 'suspect', C.token)
  end
  if s.delay > 0 then s.n = math.max(s.n, now + (s.randomize == 1 and s.delay * (0.5 + math.random()) or s.delay)) end
  stand(s, true)
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
    local s = choose()
    if not s then break end
    lease(s)
  end
  put_back()
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

-- Ends the crawl when a limit of time is reached, or says when that will be.
local function end_by_time(limit, since, reason)
  if not open or limit == 0 then return end
  if now >= since + limit then
    stop(reason)
    open = false
  else
    not_later_than(since + limit)
  end
end

end_by_time(C.maxTime, C.started, 'closespider_timeout')
end_by_time(C.maxTimeNoItem, C.itemAt, 'closespider_timeout_no_item')
if open then
  promote()
  if can and C.held > 0 then release_held() end
end
if tonumber(number) < tonumber(call) then
  -- sent twice, and late: its answer came, and nobody waits for what it would lease now
  open = false
elseif call == number then
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
-- taken, but for some reason not enqueued
if C.taken > 0 and redis.call('EXISTS', P .. 'taken:' .. session) == 1 then seeds = 1 end
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
