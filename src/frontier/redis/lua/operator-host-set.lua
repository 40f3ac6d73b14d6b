-- Changes how a slot is treated.
-- ARGV: call, slot, then where they are to change, else empty: concurrency, delay (ms), budget, ms from now to leave it alone for (0: lift)
-- Reply: {0}, or {-1} without a crawl
local before = answered()
if before then return before end
if not load_crawl() then return { -1 } end
local name = ARGV[2]

local own = redis.call('HGET', P .. 'policies', name) or '- - - -'
local concurrency, delay, randomize, budget = string.match(own, '^(%S+) (%S+) (%S+) (%S+)$')
if ARGV[3] ~= '' then concurrency = ARGV[3] end
if ARGV[4] ~= '' then delay = ARGV[4] end
if ARGV[5] ~= '' then budget = ARGV[5] end
if ARGV[3] .. ARGV[4] .. ARGV[5] ~= '' then
  redis.call('HSET', P .. 'policies', name, table.concat({ concurrency, delay, randomize, budget }, ' '))
  C.policies = redis.call('HLEN', P .. 'policies')
end

local s = slot(name)
if ARGV[4] ~= '' and s.b <= now then
  -- what was drawn with the delay before holds nothing back beyond the new one
  s.n = math.min(s.n, now + s.delay)
end
local block = tonumber(ARGV[6])
if block == 0 then
  if s.b > now then s.n = math.min(s.n, now + s.delay) end
  s.b = 0
elseif block then
  s.b = now + block
  s.n = math.max(s.n, s.b)
end
save_slots()
save_crawl()
-- work may be there earlier than workers were told
wake_all()
return answer({ 0 })
