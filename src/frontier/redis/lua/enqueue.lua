-- Adds seeds, and the items that came with them.
--   ARGV[2] session   ARGV[3] name of the field that numbers these calls   ARGV[4] number of this call
--   ARGV[5] 1: the seeds this session had taken from start_urls are these   ARGV[6] how many of them were bad, then each, as it is to be kept
--   then the names of slots, how many requests, the requests, how many items, the items
-- Replies {0, now, added, duplicates `1,2`, over budget `3`}
if not is_here() then return { -1 } end
local session, field, number = ARGV[2], ARGV[3], ARGV[4]
local worker_key = P .. 'worker:' .. session
local last = redis.call('HGET', worker_key, field)
local dead = not last
if dead then
  -- what a dead session had taken is with others; what else it brings is welcome, and known as long as it may be sent again
  if ARGV[5] == '1' then return { -2 } end
  worker_key = P .. 'late:' .. session
  last = redis.call('HGET', worker_key, field)
end
local call, known = string.match(last or '', '^(%d+)\n?(.*)$')
if call == number then
  local added, duplicates, over = string.match(known, '^(%d*);([%d,]*);([%d,]*)$')
  return { 0, now, tonumber(added), duplicates, over }
end
-- sent twice, and late: it was answered
if call and tonumber(number) < tonumber(call) then return { 0, now, 0, '', '' } end

local bad = tonumber(ARGV[6])
for i = 1, bad do redis.call('RPUSH', P .. 'start_urls:dead', ARGV[6 + i]) end
if ARGV[5] == '1' then
  C.taken = C.taken - redis.call('LLEN', P .. 'taken:' .. session)
  redis.call('DEL', P .. 'taken:' .. session)
end
local names, at = read_names(7 + bad)
local duplicates, over, added
duplicates, over, added, at = add_requests(tonumber(ARGV[at]), at + 1, names)
add_items(tonumber(ARGV[at]), at + 1)
seen_save()
save_slots()
if added > 0 then C.lastActive = now end
redis.call('HSET', worker_key, field, number .. '\n' .. added .. ';' .. duplicates .. ';' .. over)
if dead then redis.call('PEXPIRE', worker_key, C.sessionTtl * 10) end
if nothing_left() then wake_all() else wake(added, session) end
save_crawl()
return { 0, now, added, duplicates, over }
