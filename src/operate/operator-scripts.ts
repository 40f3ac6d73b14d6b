import clear from '../frontier/redis/lua/clear.lua'
import clock from '../frontier/redis/lua/clock.lua'
import control from '../frontier/redis/lua/operator-control.lua'
import deadDrop from '../frontier/redis/lua/operator-dead-drop.lua'
import deadRetry from '../frontier/redis/lua/operator-dead-retry.lua'
import deadScan from '../frontier/redis/lua/operator-dead-scan.lua'
import deadSeeds from '../frontier/redis/lua/operator-dead-seeds.lua'
import hostPurge from '../frontier/redis/lua/operator-host-purge.lua'
import hostSet from '../frontier/redis/lua/operator-host-set.lua'
import hosts from '../frontier/redis/lua/operator-hosts.lua'
import once from '../frontier/redis/lua/operator-once.lua'
import purge from '../frontier/redis/lua/operator-purge.lua'
import push from '../frontier/redis/lua/operator-push.lua'
import status from '../frontier/redis/lua/operator-status.lua'
import prelude from '../frontier/redis/lua/prelude.lua'
import sessions from '../frontier/redis/lua/sessions.lua'
import slots from '../frontier/redis/lua/slots.lua'
import { type LuaScript, luaScript } from '../redis/lua-script.ts'

const base = [clock, prelude]
// an operator must get through when Redis is full: that is when one is called
const allowOom = { allowOom: true }

const read = (name: string, script: string): LuaScript => luaScript(name, [...base, script], allowOom)
const change = (name: string, script: string): LuaScript => luaScript(name, [...base, slots, sessions, once, script], allowOom)

type OperatorScript =
  | 'status'
  | 'hosts'
  | 'deadScan'
  | 'control'
  | 'hostSet'
  | 'hostPurge'
  | 'deadRetry'
  | 'deadDrop'
  | 'deadSeeds'
  | 'purge'
  | 'clear'
  | 'push'

/** The scripts of an operator, each of them one step. Those that add to what is there are refused when Redis is full. */
export const operatorScripts: Readonly<Record<OperatorScript, LuaScript>> = {
  status: read('operator-status', status),
  hosts: read('operator-hosts', hosts),
  deadScan: read('operator-dead-scan', deadScan),
  control: change('operator-control', control),
  hostSet: change('operator-host-set', hostSet),
  hostPurge: change('operator-host-purge', hostPurge),
  deadRetry: change('operator-dead-retry', deadRetry),
  deadDrop: change('operator-dead-drop', deadDrop),
  deadSeeds: change('operator-dead-seeds', deadSeeds),
  purge: luaScript('operator-purge', [...base, slots, sessions, purge], allowOom),
  clear: luaScript('clear', [...base, clear], allowOom),
  push: luaScript('operator-push', [...base, once, push]),
}
