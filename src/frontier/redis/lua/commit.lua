-- Gives leases back with their results.
--   ARGV[2] session   ARGV[3] name of the field that numbers these calls   ARGV[4] number of this call
--   then the names of slots (see requests.lua), then the tally (see tally.lua), then how many pages, and for each
--   its token · d (done), r (retry: followed by where and text) or x (dead: followed by reason, error and text)
--   · how many requests, and the requests · how many items, and the items
-- Replies {0, now, control 0|1, number of the last call of lease, then for each page: S (stale), or its duplicates and those over budget
--          as `1,2;3`}
-- `control`: look at the state of the crawl again, something has been ordered.
if not is_here() then return { -1 } end
local session, field, number = ARGV[2], ARGV[3], ARGV[4]
local worker_key, leases_key = P .. 'worker:' .. session, P .. 'leases:' .. session
local worker = redis.call('HMGET', worker_key, field, 'pages', 'items', 'lease')
if not worker[1] then return { -2 } end

local function reply_of(results)
  local reply = { 0, now, C.control == '' and 0 or 1, tonumber(string.match(worker[4], '^%d+')) }
  for line in string.gmatch(results, '[^\n]+') do reply[#reply + 1] = line end
  return reply
end

local call, results = string.match(worker[1], '^(%d+)\n?(.*)$')
if call == number then return reply_of(results) end
-- sent twice, and late: it was answered
if tonumber(number) < tonumber(call) then return reply_of('') end

local names, at = read_names(5)
at = add_tally(at)
local pages = tonumber(ARGV[at])
at = at + 1
local lines = {}
local done, items, work = {}, 0, 0

local function skip(count_at)
  local count = tonumber(ARGV[count_at])
  return count, count_at + 1
end

for _ = 1, pages do
  local token, outcome = ARGV[at], ARGV[at + 1]
  local entry = not done[token] and redis.call('HGET', leases_key, token)
  at = at + 2
  local deliveries, name
  if entry then
    done[token] = true
    done[#done + 1] = token
    -- without its text, which is long
    deliveries, name = string.match(entry, '^%d+\t(%d+)\t%-?%d+\t([^\t]*)\t')
    local s = slot(name)
    s.l = s.l - 1
    C.leased = C.leased - 1
    work = work + 1
    if outcome == 'd' then C.done = C.done + 1 end
  end
  if outcome == 'r' then
    if entry then
      local where, priority, not_before = read_place(ARGV[at], names)
      place(where, priority, not_before, 0, ARGV[at + 1])
    end
    at = at + 2
  elseif outcome == 'x' then
    if entry then bury(token, deliveries, ARGV[at], ARGV[at + 1], name, ARGV[at + 2]) end
    at = at + 3
  end
  local count
  count, at = skip(at)
  if entry then
    local duplicates, over, added
    duplicates, over, added, at = add_requests(count, at, names)
    work = work + added
    lines[#lines + 1] = over == '' and duplicates .. ';' or duplicates .. ';' .. over
    count, at = skip(at)
    items = items + count
    at = add_items(count, at)
  else
    at = at + count * 3
    count, at = skip(at)
    at = at + count
    lines[#lines + 1] = 'S'
  end
end

for first = 1, #done, 1000 do redis.call('HDEL', leases_key, unpack(done, first, math.min(first + 999, #done))) end
seen_save()
save_slots()
C.lastActive = now
results = table.concat(lines, '\n')
redis.call('HSET', worker_key, field, number .. '\n' .. results, 'pages', (tonumber(worker[2]) or 0) + #done, 'items', (tonumber(worker[3]) or 0) + items)
if nothing_left() then wake_all() else wake(work, session) end
save_crawl()
return reply_of(results)
