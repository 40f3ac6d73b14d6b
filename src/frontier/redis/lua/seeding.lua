-- Claims the seeding of the crawl, or says that it is over.
--   ARGV[2] session   ARGV[3] claim or seeded
-- Replies {0, now, granted 0|1}
if not is_here() then return { -1 } end
local session = ARGV[2]
local granted = 0
if ARGV[3] == 'seeded' then
  C.seeded, C.seeding = 1, ''
  wake_all()
elseif C.seeded == 0 then
  reap()
  local taken = C.seeding ~= '' and C.seeding ~= session and redis.call('ZSCORE', P .. 'workers', C.seeding)
  if not taken and redis.call('ZSCORE', P .. 'workers', session) then
    C.seeding = session
    granted = 1
  end
  save_slots()
end
save_crawl()
return { 0, now, granted }
