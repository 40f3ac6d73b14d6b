-- All leases.
-- Replies {0, now, then session, token, entry of each}
if not is_here() then return { -1 } end
local reply = { 0, now }
for _, session in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do
  for _, lease in ipairs(leases_of(session)) do
    reply[#reply + 1] = session
    reply[#reply + 1] = lease.token
    reply[#reply + 1] = lease.entry
  end
end
return reply
