-- Appends items to a list, each once in a run of the crawl. After pushed.lua and seen-compact.lua.
--   KEYS[1] the list   KEYS[2] <list>:pushed:<run>:dupefilter; beside it are <list>:pushed:<run>:dupefilter:<n>
--   ARGV[1] milliseconds for which it is remembered what was appended
--   then for each item its fingerprint, as decimal text of 63 bits, and its text
-- Replies {0, how many were appended}, or {-1, type} where the key is no list: then nothing was done. Without items it only looks.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'list' then return { -1, kind } end

local function sets() return tonumber(redis.call('HGET', KEYS[2], 'keys')) or 1 end

local before = sets()
local fresh, texts = {}, {}
for at = 2, #ARGV, 2 do
  if not seen_has(ARGV[at]) then
    fresh[#fresh + 1] = ARGV[at]
    texts[#texts + 1] = ARGV[at + 1]
  end
end

-- The items first: should Redis refuse a command half-way (a right that is taken away), nothing is remembered that is not there
for first = 1, #texts, 1000 do redis.call('RPUSH', KEYS[1], unpack(texts, first, math.min(first + 999, #texts))) end
for i = 1, #fresh do seen_add(fresh[i]) end
seen_save()

-- Sets that were divided have new ones beside them
local touched = { [KEYS[2]] = true }
for n = before, sets() - 1 do touched[P .. 'dupefilter:' .. n] = true end
for at = 2, #ARGV, 2 do touched[seen_key(ARGV[at])] = true end
for key in pairs(touched) do redis.call('PEXPIRE', key, ARGV[1]) end
return { 0, #texts }
