-- What was appended in this run of the crawl: what seen-compact.lua, which comes next, works on.
--   KEYS[2] <list>:pushed:<run>:dupefilter
local P = string.sub(KEYS[2], 1, -11)
local C = { seen = 0 }
