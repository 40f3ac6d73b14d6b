-- A set of 63-bit fingerprints, as decimal text, in sets of integers; 9 to 10 bytes each. The seen set of `dedupe: 'compact'`, and what
-- `redisItems()` has appended.
--
-- Part of a script. Before it: P (what the keys begin with) and C.seen (how many were added; raised here). It defines:
--   seen_add(fp)  true if the fingerprint was not there; it is now
--   seen_has(fp)
--   seen_key(fp)  the set that it belongs in; after one of the two above
--   seen_save()   to be called once, at the end of the script
--
-- P dupefilter      HASH  size: fingerprints in the set; keys: how many sets they are in
-- P dupefilter:<n>  SET   n from 0 to keys - 1
--
-- Redis packs a set of integers into an array as long as it has 512 members at most (set-max-intset-entries); the sets must therefore
-- grow in number. They do by linear hashing: with 2^level + split sets, those below `split` have been divided in this round already. When
-- there are more than 180 a set, the set at `split` gives what belongs there to a new one at the end: a growth touches one set only.
-- Sets that wait for their division have 360 members on average just before it, and 512 is 8 standard deviations away. Fingerprints made
-- to collide can bring a set beyond; Redis then keeps it as a hash table, which is as right, and larger.
local seen_add, seen_has, seen_key, seen_save
do
  local MEAN = 180
  -- what one call takes: Lua can put some 8,000 values on its stack
  local CHUNK = 4000

  local call, tonumber, sub, unpack = redis.call, tonumber, string.sub, unpack
  local prefix = P .. 'dupefilter:'
  local size, keys, half, split, changed

  local function load()
    local saved = call('HMGET', P .. 'dupefilter', 'size', 'keys')
    size = tonumber(saved[1] or 0)
    keys = tonumber(saved[2] or 1)
    local _, exponent = math.frexp(keys)
    half = 2 ^ (exponent - 1)
    split = keys - half
  end

  -- The last 12 digits are a number that a double holds exactly; all 19 are not.
  function seen_key(fp)
    local hash = tonumber(sub(fp, -12))
    local n = hash % half
    if n < split then n = hash % (half + half) end
    return prefix .. n
  end

  local function change(command, key, members, count)
    for first = 1, count, CHUNK do
      local last = first + CHUNK - 1
      if last > count then last = count end
      call(command, key, unpack(members, first, last))
    end
  end

  local function divide()
    local from, double = prefix .. split, half + half
    local members = call('SMEMBERS', from)
    local moved, count = {}, 0
    for i = 1, #members do
      local fp = members[i]
      if tonumber(sub(fp, -12)) % double ~= split then
        count = count + 1
        moved[count] = fp
      end
    end
    change('SADD', prefix .. keys, moved, count)
    change('SREM', from, moved, count)
    keys = keys + 1
    split = split + 1
    if split == half then half, split = double, 0 end
  end

  function seen_has(fp)
    if not size then load() end
    return call('SISMEMBER', seen_key(fp), fp) == 1
  end

  function seen_add(fp)
    if not size then load() end
    if call('SADD', seen_key(fp), fp) == 0 then return false end
    changed = true
    C.seen = C.seen + 1
    size = size + 1
    if size > keys * MEAN then divide() end
    return true
  end

  function seen_save()
    if not changed then return end
    changed = false
    call('HSET', P .. 'dupefilter', 'size', size, 'keys', keys)
  end
end
