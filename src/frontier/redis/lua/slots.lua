-- Slots: the queues of one host, and when it may be contacted.

-- Slots of this call by name, and in the order in which they were met.
local S = {}
local met = {}
-- A slot as it is kept: queued · leased · the next may start then, in ms · blocked until, part of n · its turn among those that are ready
-- · best priority that is queued · how many priorities are queued · where: 0 nowhere, 1 ready, 2 waiting for n
-- · a cap on what is leased at once, 0 none. Beside these: by, the session that set the cap
local FIELDS = { 'q', 'l', 'n', 'b', 't', 'p', 'np', 'w', 'c' }
local STEP = 2000 -- values of a command at most: unpack has a limit of some thousands

-- Requests in flight at most.
local function concurrency_of(s)
  local own = C.policies > 0 and redis.call('HGET', P .. 'policies', s.name)
  local concurrency = own and tonumber(string.match(own, '^%S+')) or C.concurrency
  return s.c > 0 and math.min(s.c, concurrency) or concurrency
end

local function slot(name)
  local s = S[name]
  if s then return s end
  local kept = redis.call('HMGET', P .. 'slot:' .. name, 'q', 'l', 'n', 'b', 't', 'p', 'np', 'w', 'c', 'by')
  s = {
    name = name,
    new = not kept[1],
    kept = kept,
    concurrency = C.concurrency, delay = C.delay, randomize = C.randomize, budget = C.budget,
  }
  for i, field in ipairs(FIELDS) do
    kept[i] = tonumber(kept[i])
    s[field] = kept[i] or 0
  end
  -- whoever takes over from a dead session knows nothing of its caps, and would never lift them
  if s.c > 0 and kept[10] and not redis.call('ZSCORE', P .. 'workers', kept[10]) then s.c = 0 end
  -- how it stands in the sorted sets
  s.q0, s.p0, s.n0 = s.q, s.p, s.n
  s.idle = not s.new and s.q == 0 and s.l == 0
  if C.policies > 0 then
    local own = redis.call('HGET', P .. 'policies', name)
    if own then
      local c, d, r, b = string.match(own, '^(%S+) (%S+) (%S+) (%S+)$')
      s.concurrency = tonumber(c) or s.concurrency
      s.delay = tonumber(d) or s.delay
      s.randomize = tonumber(r) or s.randomize
      s.budget = tonumber(b) or s.budget
    end
  end
  if s.c > 0 and s.c < s.concurrency then s.concurrency = s.c end
  S[name] = s
  met[#met + 1] = s
  return s
end

-- Members begin with the turn, so that among equal priorities the slot that waited longest is first.
local function ready_member(s)
  return string.format('%015d', s.t) .. s.name
end

local function unschedule(s)
  if s.w == 1 then redis.call('ZREM', P .. 'slots:ready', ready_member(s)) end
  if s.w == 2 then redis.call('ZREM', P .. 'slots:waiting', s.name) end
  s.w = 0
end

-- Puts a slot where it belongs now. `served` sends it behind those that wait.
local function schedule(s, served)
  if s.q == 0 or s.l >= s.concurrency then
    unschedule(s)
  elseif s.n > now then
    if s.w ~= 2 or s.n ~= s.n0 then
      unschedule(s)
      redis.call('ZADD', P .. 'slots:waiting', s.n, s.name)
      s.w = 2
    end
  elseif s.w ~= 1 or served then
    unschedule(s)
    C.turn = C.turn + 1
    s.t = C.turn
    redis.call('ZADD', P .. 'slots:ready', -s.p, ready_member(s))
    s.w = 1
  elseif s.p ~= s.p0 then
    redis.call('ZADD', P .. 'slots:ready', -s.p, ready_member(s))
  end
  s.p0, s.n0 = s.p, s.n
end

local function queue_key(s, priority)
  return P .. 'requests:' .. priority .. ':' .. s.name
end

-- Queues a request: where its turn is, or, with `at`, as the next ('front') or the last ('back') of its priority. The slot is yet to be
-- scheduled.
local function push(s, priority, text, at)
  local left = C.order == 'fifo' and 'front' or 'back'
  local command = at == left and 'LPUSH' or 'RPUSH'
  if redis.call(command, queue_key(s, priority), text) == 1 then
    local p = tonumber(priority)
    redis.call('ZADD', P .. 'priorities:' .. s.name, p, priority)
    if s.np == 0 or p > s.p then s.p = p end
    s.np = s.np + 1
  end
  s.q = s.q + 1
  C.queued = C.queued + 1
end

-- Counts again what somebody took out by hand.
local function recount(s)
  C.queued = C.queued - s.q
  s.q, s.np, s.p = 0, 0, 0
  for _, priority in ipairs(redis.call('ZRANGE', P .. 'priorities:' .. s.name, 0, -1)) do
    local length = redis.call('LLEN', queue_key(s, priority))
    if length == 0 then
      redis.call('ZREM', P .. 'priorities:' .. s.name, priority)
    else
      s.q, s.np, s.p = s.q + length, s.np + 1, tonumber(priority)
    end
  end
  C.queued = C.queued + s.q
end

-- Takes the request that goes next: its deliveries so far, its priority and its text; nothing when there is none after all.
local function take(s)
  local priority = s.p == 0 and '0' or string.format('%.0f', s.p)
  local key = queue_key(s, priority)
  local text = redis.call(C.order == 'fifo' and 'LPOP' or 'RPOP', key)
  if not text then
    recount(s)
    return nil
  end
  s.q = s.q - 1
  C.queued = C.queued - 1
  if s.np == 1 then
    if s.q == 0 then
      redis.call('DEL', P .. 'priorities:' .. s.name)
      s.np = 0
    end
  elseif redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', P .. 'priorities:' .. s.name, priority)
    s.np = s.np - 1
    s.p = tonumber(redis.call('ZREVRANGE', P .. 'priorities:' .. s.name, 0, 0)[1]) or 0
  end
  if string.byte(text) == 123 then return 0, priority, text end -- a brace: it was never delivered
  local deliveries, rest = string.match(text, '^(%d+) (.*)$')
  return tonumber(deliveries) or 0, priority, rest or text
end

-- A request as it stands in a queue.
local function queued_text(deliveries, text)
  if deliveries > 0 then return deliveries .. ' ' .. text end
  return text
end

-- Queues a new request, or delays it while its time has not come.
local function place(name, priority, not_before, deliveries, text, seed)
  if not_before > now then
    C.turn = C.turn + 1
    local member = string.format('%015d', C.turn) .. '\t' .. deliveries .. '\t' .. priority .. '\t' .. name .. '\t' .. text
    redis.call('ZADD', P .. 'delayed', not_before, member)
    return
  end
  push(slot(name), priority, queued_text(deliveries, text), seed and not_before == 0 and 'back')
end

-- Parts of an entry in `leases:…`, `held:…` or `delayed`: a number, deliveries, priority, slot, text.
local function parts_of(entry)
  local first, deliveries, priority, name, text = string.match(entry, '^(%d+)\t(%d+)\t(%-?%d+)\t([^\t]*)\t(.*)$')
  return tonumber(first), tonumber(deliveries), priority, name, text
end

-- Writes what has changed of a slot.
local function save_slot(s, key)
  local kept, changed = s.kept, {}
  for i, field in ipairs(FIELDS) do
    local value = s[field]
    if value ~= kept[i] then
      kept[i] = value
      changed[#changed + 1] = field
      changed[#changed + 1] = value
    end
  end
  if #changed > 0 then redis.call('HSET', key, unpack(changed)) end
end

-- Writes the slots of this call back, and forgets those that have nothing to do.
local function save_slots()
  local sizes, gone = {}, {} -- of P requests
  for _, s in ipairs(met) do
    schedule(s, false)
    local key = P .. 'slot:' .. s.name
    if s.q == 0 and s.l == 0 then
      if not s.new then gone[#gone + 1] = s.name end
      if s.n <= now then
        if not s.new then redis.call('DEL', key) end
        s.kept, s.new = {}, true
      else
        -- kept until its pace no longer holds anything back
        s.p, s.np = 0, 0
        save_slot(s, key)
        redis.call('PEXPIRE', key, math.ceil(s.n - now))
        s.new, s.idle = false, true
      end
    else
      save_slot(s, key)
      if s.idle then redis.call('PERSIST', key) end
      if s.new or s.idle or s.q ~= s.q0 then
        sizes[#sizes + 1] = s.q
        sizes[#sizes + 1] = s.name
      end
      s.new, s.idle = false, false
    end
    s.q0 = s.q
  end
  for first = 1, #sizes, STEP do redis.call('ZADD', P .. 'requests', unpack(sizes, first, math.min(first + STEP - 1, #sizes))) end
  for first = 1, #gone, STEP do redis.call('ZREM', P .. 'requests', unpack(gone, first, math.min(first + STEP - 1, #gone))) end
end
