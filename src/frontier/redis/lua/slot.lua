-- Changes how a slot is treated; empty: as it is.
--   ARGV[2] name   ARGV[3] concurrency   ARGV[4] delay in ms   ARGV[5] randomize 0|1   ARGV[6] budget   ARGV[7] blocked until, in ms
--   ARGV[8] cap on what is leased at once, 0: none   ARGV[9] session, with which the cap is forgotten
-- Replies {0, now}
if not is_here() then return { -1 } end
local s = slot(ARGV[2])
if ARGV[3] .. ARGV[4] .. ARGV[5] .. ARGV[6] ~= '' then
  local own = redis.call('HGET', P .. 'policies', s.name) or '- - - -'
  local parts = {}
  for part in string.gmatch(own, '%S+') do parts[#parts + 1] = part end
  for i = 1, 4 do
    if ARGV[2 + i] ~= '' then parts[i] = ARGV[2 + i] end
  end
  if redis.call('HSET', P .. 'policies', s.name, table.concat(parts, ' ')) == 1 then C.policies = C.policies + 1 end
end
if ARGV[8] ~= '' then s.c = tonumber(ARGV[8]) end
s.concurrency = concurrency_of(s)
local blocked = tonumber(ARGV[7])
if blocked and blocked > s.b then
  s.b = blocked
  s.n = math.max(s.n, blocked)
end
save_slots()
if s.c > 0 and not s.new then redis.call('HSET', P .. 'slot:' .. s.name, 'by', ARGV[9]) end
-- a place may have become free
wake(s.w == 1 and s.q or 0, '')
save_crawl()
return { 0, now }
