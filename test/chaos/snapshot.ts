import type { Reply } from '../support/redis-server.ts'

/** Sends a command to the server that has the crawl. */
export type Command = (...args: readonly (string | number)[]) => Promise<Reply>

/** A crawl at one instant, counted from the keys themselves. */
export interface Snapshot {
  readonly exists: boolean
  readonly state: string
  readonly finishedBy: string
  readonly epoch: string
  readonly queued: number
  readonly delayed: number
  readonly leased: number
  readonly held: number
  readonly done: number
  readonly dead: number
  readonly seen: number
  readonly workers: number
  readonly items: number
  /** Where what is counted is not what is there. */
  readonly problems: readonly string[]
}

// One script, so that it is one instant: what is in the lists and hashes, against what the crawl's own hash says.
const SCRIPT = `
local P = string.sub(KEYS[1], 1, -6)
local names = { 'state', 'finishedBy', 'epoch', 'queued', 'leased', 'held', 'done', 'seen', 'taken' }
local C = {}
for i, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
  C[names[i]] = (i <= 3) and (value or '') or (tonumber(value) or 0)
end
local problems = {}
local function expect(what, counted, found)
  if counted ~= found then problems[#problems + 1] = what .. ' is said to be ' .. counted .. ', found ' .. found end
end
local queued, leased, held, taken = 0, 0, 0, 0
local slots = {}
local function slot(name)
  slots[name] = slots[name] or { q = 0, l = 0 }
  return slots[name]
end
for _, key in ipairs(redis.call('KEYS', P .. '*')) do
  local rest = string.sub(key, #P + 1)
  local name = string.match(rest, '^requests:%-?%d+:(.*)$')
  if name then
    local length = redis.call('LLEN', key)
    queued = queued + length
    slot(name).q = slot(name).q + length
  end
  local session = string.match(rest, '^leases:(.*)$')
  if session then
    if not redis.call('ZSCORE', P .. 'workers', session) then problems[#problems + 1] = 'leases of a session that is gone' end
    for _, entry in ipairs(redis.call('HVALS', key)) do
      local at = string.match(entry, '^%d+\\t%d+\\t%-?%d+\\t([^\\t]*)\\t')
      leased = leased + 1
      slot(at).l = slot(at).l + 1
    end
  end
  if string.match(rest, '^held:') then held = held + redis.call('LLEN', key) end
  if string.match(rest, '^taken:') then taken = taken + redis.call('LLEN', key) end
  local own = string.match(rest, '^slot:(.*)$')
  if own then slot(own).known = true end
end
expect('queued', C.queued, queued)
expect('leased', C.leased, leased)
expect('held', C.held, held)
expect('taken', C.taken, taken)
for name, found in pairs(slots) do
  local v = redis.call('HMGET', P .. 'slot:' .. name, 'q', 'l', 'w')
  expect('queued in ' .. name, tonumber(v[1]) or 0, found.q)
  expect('leased in ' .. name, tonumber(v[2]) or 0, found.l)
end
local delayed, dead = redis.call('ZCARD', P .. 'delayed'), redis.call('HLEN', P .. 'dead')
if ARGV[1] == '1' then
  expect('what was seen and is somewhere', C.seen, C.queued + C.leased + C.held + C.done + delayed + dead)
end
return { C.state, C.finishedBy, C.epoch, queued, delayed, leased, held, C.done, dead, C.seen, redis.call('ZCARD', P .. 'workers'),
  redis.call('LLEN', KEYS[2]), problems }
`

/**
 * Counts a crawl in one atomic step. `whole`: every request of this crawl passed the seen set, so what was seen is queued, delayed, leased,
 * held, done or dead, and nothing of it is missing.
 */
export async function snapshot(command: Command, crawl: string, itemsKey: string, whole: boolean): Promise<Snapshot> {
  const reply = (await command('EVAL', SCRIPT, 2, `{${crawl}}:crawl`, itemsKey, whole ? 1 : 0)) as readonly Reply[]
  const [state, finishedBy, epoch, queued, delayed, leased, held, done, dead, seen, workers, items, problems] = reply
  return {
    exists: state !== '',
    state: String(state),
    finishedBy: String(finishedBy),
    epoch: String(epoch),
    queued: Number(queued),
    delayed: Number(delayed),
    leased: Number(leased),
    held: Number(held),
    done: Number(done),
    dead: Number(dead),
    seen: Number(seen),
    workers: Number(workers),
    items: Number(items),
    problems: (problems as readonly string[]).map(String),
  }
}
