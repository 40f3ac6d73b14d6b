-- Deletes dead letters.
-- ARGV: call, tokens
-- Reply: {0, how many}, or {-1} without a crawl
local before = answered()
if before then return before end
if not load_crawl() then return { -1 } end

local count = 0
for at = 2, #ARGV do count = count + redis.call('HDEL', P .. 'dead', ARGV[at]) end
if count > 0 then redis.call('HINCRBY', P .. 'stats', 'operator/dropped_dead_count', count) end
return answer({ 0, count })
