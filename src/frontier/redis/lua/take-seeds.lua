-- Moves seeds out of start_urls into this session's hands; they are in Redis until they are enqueued.
--   ARGV[2] session   ARGV[3] how many at most
-- Replies {0, now, messages}: those that this session holds already, if any, else the next of start_urls. Anybody may have pushed anything,
-- and a reply is text: what is not ASCII, and %, is %xx.
if not is_here() then return { -1 } end
if not redis.call('ZSCORE', P .. 'workers', ARGV[2]) then return { -2 } end
local key = P .. 'taken:' .. ARGV[2]
local messages = redis.call('LRANGE', key, 0, -1)
if #messages == 0 and C.control ~= 'drain' and C.control ~= 'pause' and C.control ~= 'stop' and C.state == 'running' then
  local most = tonumber(ARGV[3])
  local kind = redis.call('TYPE', KEYS[3]).ok
  if kind == 'list' then
    messages = redis.call('LPOP', KEYS[3], most)
  elseif kind == 'set' then
    messages = redis.call('SPOP', KEYS[3], most)
  elseif kind == 'zset' then
    local popped = redis.call('ZPOPMAX', KEYS[3], most)
    messages = {}
    for i = 1, #popped, 2 do messages[#messages + 1] = popped[i] end
  end
  if messages and #messages > 0 then
    redis.call('RPUSH', key, unpack(messages))
    C.taken = C.taken + #messages
  end
end
save_crawl()
messages = messages or {}
for i, message in ipairs(messages) do
  messages[i] = string.gsub(message, '[%%\128-\255]', function(byte) return string.format('%%%02x', string.byte(byte)) end)
end
return { 0, now, messages }
