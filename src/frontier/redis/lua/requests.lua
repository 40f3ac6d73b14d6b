-- Requests as callers send them. For each three arguments: its key for the seen set (empty: past it), where it goes, its text.
-- Where it goes is the place of its slot in the list of names the call began with; then, where they are not 0, its priority and the
-- time before which it is not to be started, and `s` for a seed, which is the last of its priority to go.

-- Reads the names of slots that a call names, from ARGV[at]: how many, then each. Gives them and the position after them.
local function read_names(at)
  local names = {}
  local count = tonumber(ARGV[at])
  for i = 1, count do names[i] = ARGV[at + i] end
  return names, at + count + 1
end

local function read_place(where, names)
  local index = tonumber(where)
  if index then return names[index], '0', 0 end
  local i, priority, not_before, seed = string.match(where, '^(%d+) (%S+) (%S+) ?(s?)$')
  return names[tonumber(i)], priority, tonumber(not_before), seed == 's'
end

-- Adds `count` requests that begin at ARGV[at]. Gives the positions (from 0) of those that had been seen and of those over budget, as
-- text, how many were added, and the position after them.
local function add_requests(count, at, names)
  local duplicates, over = {}, {}
  local added = 0
  local budgets = C.budget > 0 or C.policies > 0
  for i = 0, count - 1 do
    local key = ARGV[at]
    local name, priority, not_before, seed = read_place(ARGV[at + 1], names)
    local new = true
    if key ~= '' then
      local budget = budgets and slot(name).budget or 0
      if budget > 0 then
        if seen_has(key) then
          new = false
          duplicates[#duplicates + 1] = i
        elseif redis.call('HINCRBY', P .. 'budgets', name, 1) > budget then
          redis.call('HSET', P .. 'budgets', name, budget)
          new = false
          over[#over + 1] = i
        else
          seen_add(key)
        end
      elseif not seen_add(key) then
        new = false
        duplicates[#duplicates + 1] = i
      end
    end
    if new then
      place(name, priority, not_before, 0, ARGV[at + 2], seed)
      added = added + 1
    end
    at = at + 3
  end
  return table.concat(duplicates, ','), table.concat(over, ','), added, at
end

-- Appends `count` items that begin at ARGV[at] to the list of items. Gives the position after them.
local function add_items(count, at)
  -- in steps: unpack has a limit of some thousands
  for first = at, at + count - 1, 1000 do
    redis.call('RPUSH', KEYS[4], unpack(ARGV, first, math.min(first + 999, at + count - 1)))
  end
  return at + count
end
