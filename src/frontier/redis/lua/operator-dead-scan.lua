-- One step through the dead letters, keeping those that are asked for.
-- ARGV: cursor, reason (empty: any), part of the URL (empty: any)
-- Reply: {0, next cursor, {token, letter...}}, or {-1} without a crawl
if redis.call('EXISTS', KEYS[1]) == 0 then return { -1 } end
local reason, part = ARGV[2], ARGV[3]
local step = redis.call('HSCAN', P .. 'dead', ARGV[1], 'COUNT', 500)
if reason == '' and part == '' then return { 0, step[1], step[2] } end
local found = {}
for i = 1, #step[2], 2 do
  local letter = step[2][i + 1]
  local its, request = string.match(letter, '^[^\t]*\t[^\t]*\t([^\t]*)\t[^\t]*\t[^\t]*\t(.*)$')
  if its and (reason == '' or its == reason) then
    local url = string.match(request, '"url":"([^"]*)"') or request
    if part == '' or string.find(url, part, 1, true) then
      found[#found + 1] = step[2][i]
      found[#found + 1] = letter
    end
  end
end
return { 0, step[1], found }
