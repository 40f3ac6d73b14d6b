-- Whether a fingerprint was seen.
--   ARGV[2] its key
-- Replies {0, now, 0|1}
if not is_here() then return { -1 } end
return { 0, now, seen_has(ARGV[2]) and 1 or 0 }
