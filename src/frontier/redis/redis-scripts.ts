import seenCompact from '../../redis/lua/seen-compact.lua'
import { type LuaScript, luaScript } from '../../redis/lua-script.ts'
import beat from './lua/beat.lua'
import clear from './lua/clear.lua'
import clock from './lua/clock.lua'
import close from './lua/close.lua'
import commit from './lua/commit.lua'
import counts from './lua/counts.lua'
import end from './lua/end.lua'
import enqueue from './lua/enqueue.lua'
import isSeen from './lua/is-seen.lua'
import join from './lua/join.lua'
import lease from './lua/lease.lua'
import listLeases from './lua/list-leases.lua'
import listSlots from './lua/list-slots.lua'
import markSeen from './lua/mark-seen.lua'
import prelude from './lua/prelude.lua'
import release from './lua/release.lua'
import requests from './lua/requests.lua'
import seeding from './lua/seeding.lua'
import seenBloom from './lua/seen-bloom.lua'
import seenScrapyRedis from './lua/seen-scrapy-redis.lua'
import sessions from './lua/sessions.lua'
import slot from './lua/slot.lua'
import slots from './lua/slots.lua'
import takeSeeds from './lua/take-seeds.lua'
import tally from './lua/tally.lua'
import type { SeenKind } from './seen-key.ts'

/** A clock of the test's in place of the server's: its time comes as one more argument, the last. */
const givenClock = 'local now = tonumber(table.remove(ARGV))'

const seenSets: Readonly<Record<SeenKind, string>> = {
  compact: seenCompact,
  'scrapy-redis': seenScrapyRedis,
  bloom: seenBloom,
}

/** The scripts of a frontier: one for each verb, each of them one step. */
export type RedisScripts = Readonly<Record<ScriptName, LuaScript>>

type ScriptName =
  | 'join'
  | 'lease'
  | 'commit'
  | 'commitFree'
  | 'enqueue'
  | 'release'
  | 'beat'
  | 'slot'
  | 'seeding'
  | 'end'
  | 'close'
  | 'clear'
  | 'counts'
  | 'takeSeeds'
  | 'markSeen'
  | 'isSeen'
  | 'listSlots'
  | 'listLeases'

/** Puts the scripts together for one kind of seen set. `givenTime`: for tests, see `RedisFrontierOptions.serverTime`. */
export function redisScripts(kind: SeenKind, givenTime = false): RedisScripts {
  const base = [givenTime ? givenClock : clock, prelude]
  const state = [...base, slots, sessions]
  const adding = [...state, seenSets[kind], requests]
  const allowOom = { allowOom: true }
  return {
    join: luaScript('join', [...state, join]),
    lease: luaScript('lease', [...state, lease]),
    commit: luaScript('commit', [...adding, tally, commit]),
    // the same for pages that bring nothing new: they make room, and must pass when there is none
    commitFree: luaScript('commit-free', [...adding, tally, commit], allowOom),
    enqueue: luaScript('enqueue', [...adding, enqueue]),
    release: luaScript('release', [...state, release], allowOom),
    beat: luaScript('beat', [...state, beat], allowOom),
    slot: luaScript('slot', [...state, slot], allowOom),
    seeding: luaScript('seeding', [...state, seeding], allowOom),
    end: luaScript('end', [...state, end], allowOom),
    close: luaScript('close', [...state, tally, close], allowOom),
    clear: luaScript('clear', [...base, clear], allowOom),
    counts: luaScript('counts', [...base, counts], allowOom),
    takeSeeds: luaScript('take-seeds', [...base, takeSeeds]),
    markSeen: luaScript('mark-seen', [...base, seenSets[kind], markSeen]),
    isSeen: luaScript('is-seen', [...base, seenSets[kind], isSeen]),
    listSlots: luaScript('list-slots', [...state, listSlots], allowOom),
    listLeases: luaScript('list-leases', [...state, listLeases], allowOom),
  }
}
