-- Ends a session; what it holds goes back untouched, to go again in the order in which it was leased.
--   ARGV[2] session, then its last tally
-- Replies {0, now}
if not is_here() then return { -1 } end
local session = ARGV[2]
if redis.call('ZSCORE', P .. 'workers', session) then
  add_tally(3)
  local leases = leases_of(session)
  for i = #leases, 1, -1 do
    local _, deliveries = parts_of(leases[i].entry)
    give_back(leases[i].entry, deliveries - 1)
  end
  local seeding = C.seeding == session
  forget_session(session)
  save_slots()
  -- whoever waits may have to seed, or to finish
  if seeding or nothing_left() then wake_all() else wake(#leases, session) end
  save_crawl()
end
return { 0, now }
