-- One page of the slots.
-- ARGV: queued | leased | wait, offset, limit
-- Reply: {0, now, total, crawl's policy, {{slot, queued, leased, next start, blocked until, own policy, admitted}...}}, or {-1} without a crawl
if redis.call('EXISTS', KEYS[1]) == 0 then return { -1 } end
local sort, offset, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local names, total = {}, 0
if sort == 'leased' then
  -- slots in flight are few, and the leases know them
  local leased = {}
  for _, session in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do
    for _, lease in ipairs(redis.call('HVALS', P .. 'leases:' .. session)) do
      local slot = string.match(lease, '^[^\t]*\t[^\t]*\t[^\t]*\t([^\t]*)\t')
      if slot then leased[slot] = (leased[slot] or 0) + 1 end
    end
  end
  local all = {}
  for slot in pairs(leased) do all[#all + 1] = slot end
  table.sort(all, function(a, b)
    if leased[a] ~= leased[b] then return leased[a] > leased[b] end
    return a < b
  end)
  total = #all
  for i = offset + 1, math.min(offset + limit, total) do names[#names + 1] = all[i] end
else
  local key = P .. (sort == 'wait' and 'slots:waiting' or 'requests')
  total = redis.call('ZCARD', key)
  if limit > 0 then names = redis.call('ZREVRANGE', key, offset, offset + limit - 1) end
end

local slots = {}
for i, name in ipairs(names) do
  local state = redis.call('HMGET', P .. 'slot:' .. name, 'q', 'l', 'n', 'b')
  slots[i] = {
    name,
    state[1] or '0',
    state[2] or '0',
    state[3] or '0',
    state[4] or '0',
    redis.call('HGET', P .. 'policies', name) or '',
    redis.call('HGET', P .. 'budgets', name) or '0',
  }
end
return { 0, now, total, redis.call('HMGET', KEYS[1], 'delay', 'concurrency', 'budget'), slots }
