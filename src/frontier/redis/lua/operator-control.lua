-- Pauses, resumes, drains or stops a crawl.
-- ARGV: call, pause | resume | drain | stop, reason
-- Reply: {0, control before, control now, reason, living workers, leased}, {-1} without a crawl, {-3} when it has finished,
--        {-4, reason} when it is being stopped, which only resume takes back
local before = answered()
if before then return before end
if not load_crawl() then return { -1 } end
if C.state == 'finished' then return { -3 } end
local word, reason = ARGV[2], ARGV[3]
local was = C.control
if was == 'stop' and word ~= 'stop' and word ~= 'resume' then return { -4, C.reason } end

if word == 'resume' then
  C.control, C.reason = '', ''
  -- the time in which nothing was fetched is no time without an item
  C.itemAt = now
elseif was ~= word then
  C.control, C.reason = word, reason
end
save_crawl()
wake_all()
return answer({ 0, was, C.control, C.reason, living_workers(), C.leased })
