-- What a worker counted since its last commit. From ARGV[at]: how many sums, then name and value of each; how many maxima, likewise.

-- Stats that limits are held against: the field of the limit, and the reason it ends the crawl with.
local LIMITED = {
  ['response_received_count'] = { 'maxPages', 'closespider_pagecount' },
  ['item_scraped_count'] = { 'maxItems', 'closespider_itemcount' },
  ['spider_exceptions/count'] = { 'maxErrors', 'closespider_errorcount' },
}

local function add_tally(at)
  local sums = tonumber(ARGV[at])
  local pages, items = 0, 0
  at = at + 1
  for _ = 1, sums do
    local name, by = ARGV[at], ARGV[at + 1]
    local whole = string.find(by, '^%-?%d+$') ~= nil
    local total = redis.call(whole and 'HINCRBY' or 'HINCRBYFLOAT', P .. 'stats', name, by)
    local limit = LIMITED[name]
    if name == 'response_received_count' then pages = tonumber(by) end
    if name == 'item_scraped_count' then items = tonumber(by) end
    if limit then
      local v = redis.call('HMGET', KEYS[1], limit[1], limit[1] .. 'Base')
      local most = tonumber(v[1]) or 0
      if most > 0 and total - (tonumber(v[2]) or 0) >= most then stop(limit[2]) end
    end
    at = at + 2
  end
  if items > 0 then
    C.itemAt, C.pagesNoItem = now, 0
  elseif pages > 0 then
    C.pagesNoItem = C.pagesNoItem + pages
    if C.maxPagesNoItem > 0 and C.pagesNoItem >= C.maxPagesNoItem then stop('closespider_pagecount_no_item') end
  end
  local maxima = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, maxima do
    local present = tonumber(redis.call('HGET', P .. 'stats', ARGV[at]))
    if not present or present < tonumber(ARGV[at + 1]) then redis.call('HSET', P .. 'stats', ARGV[at], ARGV[at + 1]) end
    at = at + 2
  end
  return at
end
