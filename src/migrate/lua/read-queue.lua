-- A page of a queue of scrapy-redis. Nothing is written.
--   KEYS[1] queue   ARGV[1] list | zset   ARGV[2], ARGV[3] places of the first and the last
-- Replies the members, in a zset each with its score behind it. They are bytes, and the reply is text: what is not ASCII, and %, is %XX.
local function text(member)
  return (string.gsub(member, '[%%\128-\255]', function(byte) return string.format('%%%02x', string.byte(byte)) end))
end

local page
if ARGV[1] == 'zset' then
  page = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3], 'WITHSCORES')
  for i = 1, #page, 2 do page[i] = text(page[i]) end
else
  page = redis.call('LRANGE', KEYS[1], ARGV[2], ARGV[3])
  for i = 1, #page do page[i] = text(page[i]) end
end
return page
