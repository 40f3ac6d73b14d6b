-- Slots that have something queued or leased, the biggest queue first.
--   ARGV[2] from which   ARGV[3] how many
-- Replies {0, now, total, then name, queued, leased, blocked until, concurrency, delay, randomize, budget, next start of each}
if not is_here() then return { -1 } end
local first = tonumber(ARGV[2])
local reply = { 0, now, redis.call('ZCARD', P .. 'requests') }
for _, name in ipairs(redis.call('ZREVRANGE', P .. 'requests', first, first + tonumber(ARGV[3]) - 1)) do
  local s = slot(name)
  for _, value in ipairs({ name, s.q, s.l, s.b, s.concurrency, s.delay, s.randomize, s.budget, s.n }) do reply[#reply + 1] = tostring(value) end
end
return reply
