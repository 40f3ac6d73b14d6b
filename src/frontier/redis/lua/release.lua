-- Gives leases back untouched.
--   ARGV[2] session, then the tokens
-- Replies {0, now}
if not is_here() then return { -1 } end
local leases_key = P .. 'leases:' .. ARGV[2]
local count = 0
-- each goes to the front, the first of them last
for i = #ARGV, 3, -1 do
  local entry = redis.call('HGET', leases_key, ARGV[i])
  if entry then
    redis.call('HDEL', leases_key, ARGV[i])
    local _, deliveries = parts_of(entry)
    give_back(entry, deliveries - 1)
    count = count + 1
  end
end
save_slots()
wake(count, ARGV[2])
save_crawl()
return { 0, now }
