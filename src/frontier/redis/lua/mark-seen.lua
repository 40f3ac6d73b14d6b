-- Marks fingerprints as seen.
--   ARGV[2]… their keys
-- Replies {0, now, how many were new}
if not is_here() then return { -1 } end
local new = 0
for i = 2, #ARGV do
  if seen_add(ARGV[i]) then new = new + 1 end
end
seen_save()
save_crawl()
return { 0, now, new }
