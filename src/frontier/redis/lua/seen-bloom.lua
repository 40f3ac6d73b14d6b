-- The seen set of `dedupe: 'bloom'`: a layered Bloom filter. At most one new URL in a million is taken for seen. A full layer takes 4
-- to 5 bytes a URL; a layer that has just begun is there as a whole: up to 12 bytes a URL then, below 6 from half a billion on.
--
-- Part of a script. Before it: P (what the crawl's keys begin with) and C.seen (how many were added; raised here). It defines:
--   seen_add(fp)  true if the fingerprint (40 hex digits) was not there; it is now
--   seen_has(fp)
--   seen_save()   to be called once, at the end of the script
--
-- P dupefilter      HASH    size: fingerprints added; keys: how many segments there are
-- P dupefilter:<n>  STRING  segment n, 4 MiB of bits
--
-- Layer i (from 0) has min(2^i, 128) segments, of which a fingerprint chooses one, and takes 0.8 to 1.1 million fingerprints times that.
-- Only the newest layer is added to; all are asked.
--
-- The error. A segment of m bits into which n fingerprints each set k bits takes a new one for seen with probability (1 - e^(-kn/m))^k, which
-- is 2^-k for n = m ln 2 / k. Layer i is full 1 % before that, which is more than the 0.1 % by which segments are filled unevenly. Its k is
-- the least with 2^-k <= ERROR * 6 / (pi^2 (i+1)^2), and the sum of these over any number of layers is below ERROR.
-- The k places come from three hashes, a + i b + i (i-1)/2 c modulo a prime: with two (Kirsch, Mitzenmacher) the pairs that n others have
-- taken already, n / m^2, would be as many as the errors of the later layers.
local seen_add, seen_has, seen_save
do
  local ERROR = 1e-6
  -- The largest prime for which Redis allocates 4 MiB, with the string's header; one byte more would be 5.
  local BITS = 33554347
  local WIDEST = 128
  -- How many places are asked at first: most answers are no, and of a full layer 1 in 16 goes on.
  local GLANCE = 4

  local call, tonumber, sub, unpack, floor = redis.call, tonumber, string.sub, unpack, math.floor
  local prefix = P .. 'dupefilter:'
  local size, keys, layers, newest, changed
  -- The commands, made once; only the key and the places in them change.
  local get, set, places = { 'BITFIELD_RO', '' }, { 'BITFIELD', '' }, {}
  local known, a, b, c, choice

  -- Layers are added until the newest has room.
  local function extend()
    while not newest or size >= newest.full do
      local last = newest
      local i = last and last.number + 1 or 0
      local segments = last and math.min(last.segments * 2, WIDEST) or 1
      local k = math.ceil(math.log(math.pi ^ 2 * (i + 1) ^ 2 / (6 * ERROR)) / math.log(2))
      local room = floor(0.99 * BITS * math.log(2) / k) * segments
      local from = last and last.full or 0
      newest = {
        number = i,
        segments = segments,
        first = last and last.first + last.segments or 0,
        k = k,
        from = from,
        room = room,
        full = from + room,
      }
      layers[i + 1] = newest
    end
  end

  local function load()
    local saved = call('HMGET', P .. 'dupefilter', 'size', 'keys')
    size = tonumber(saved[1] or 0)
    keys = tonumber(saved[2] or 0)
    layers = {}
    extend()
  end

  local function locate(fp)
    a = tonumber(sub(fp, 1, 7), 16)
    b = tonumber(sub(fp, 8, 14), 16)
    c = tonumber(sub(fp, 15, 21), 16)
    choice = tonumber(sub(fp, 22, 28), 16)
    known = 0
  end

  local function place(i)
    while known < i do
      places[known + 1] = a % BITS
      a = a + b
      b = b + c
      known = known + 1
    end
    return places[i]
  end

  local function segment_of(layer)
    return prefix .. layer.first + choice % layer.segments
  end

  local function all_set(key, from, to)
    get[2] = key
    local n = 2
    for i = from, to do
      get[n + 1], get[n + 2], get[n + 3] = 'GET', 'u1', place(i)
      n = n + 3
    end
    local bits = call(unpack(get, 1, n))
    for i = 1, #bits do
      if bits[i] == 0 then return false end
    end
    return true
  end

  local function find()
    for i = #layers, 1, -1 do
      local layer = layers[i]
      local key = segment_of(layer)
      if all_set(key, 1, GLANCE) and all_set(key, GLANCE + 1, layer.k) then return true end
    end
    return false
  end

  -- Segments are made whole, since a string that grows is copied, and one at a time: the first at once, those of the next layer while the
  -- last eighth of the newest is filled.
  local function prepare()
    local next_first = newest.first + newest.segments
    local late = (size - newest.from) / newest.room * 8 - 7
    local wanted = next_first
    if late > 0 then wanted = next_first + math.ceil(late * math.min(newest.segments * 2, WIDEST)) end
    if keys < wanted then
      call('SETBIT', prefix .. keys, BITS - 1, 0)
      keys = keys + 1
    end
  end

  function seen_has(fp)
    if not size then load() end
    locate(fp)
    return find()
  end

  function seen_add(fp)
    if not size then load() end
    locate(fp)
    if find() then return false end
    prepare()
    set[2] = segment_of(newest)
    local n = 2
    for i = 1, newest.k do
      set[n + 1], set[n + 2], set[n + 3], set[n + 4] = 'SET', 'u1', place(i), 1
      n = n + 4
    end
    call(unpack(set, 1, n))
    changed = true
    C.seen = C.seen + 1
    size = size + 1
    if size >= newest.full then extend() end
    return true
  end

  function seen_save()
    if not changed then return end
    changed = false
    call('HSET', P .. 'dupefilter', 'size', size, 'keys', keys)
  end
end
