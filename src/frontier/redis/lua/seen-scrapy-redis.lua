-- The seen set of `dedupe: 'scrapy-redis'`: 40 hex digits each, in one set, which Python workers and people may share.
--
-- Part of a script. Before it: KEYS[2] (that set) and C.seen (how many it has; set by the first addition of a script). It defines:
--   seen_add(fp)  true if the fingerprint was not there; it is now
--   seen_has(fp)
--   seen_save()   has nothing to write
local seen_add, seen_has, seen_save
do
  local call = redis.call
  local key = KEYS[2]
  local counted

  function seen_has(fp)
    return call('SISMEMBER', key, fp) == 1
  end

  function seen_add(fp)
    if call('SADD', key, fp) == 0 then return false end
    if counted then
      C.seen = C.seen + 1
    else
      -- others add too: what this crawl added falls short of what is there
      counted = true
      C.seen = call('SCARD', key)
    end
    return true
  end

  function seen_save() end
end
