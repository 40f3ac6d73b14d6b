import { SkeinError } from '../../../errors.ts'

/** What the scripts call, and what the link itself needs. */
export const NEEDED_COMMANDS: readonly string[] = (
  'del exists get hdel hget hgetall hincrby hlen hmget hscan hset hvals llen lpop lpush lrange lrem persist ' +
  'pexpire publish rpush sadd scard set setbit sismember smembers spop srem time type unlink zadd zcard ' +
  'zcount zpopmax zrange zrangebyscore zrem zrevrange zscore ' +
  'eval evalsha subscribe ping'
).split(' ')

// without a key the command alone is judged (Redis 7.0.15)
const PROBE = `local missing = {}
for _, name in ipairs(ARGV) do
  local known, allowed = pcall(redis.acl_check_cmd, name)
  if known and not allowed then missing[#missing + 1] = name end
end
return missing`

/**
 * Looks whether the user may call what the scripts call; nothing is written. Rights for keys and channels are not looked at: what they are
 * called is not known here.
 */
export async function checkRights(ask: (args: readonly string[]) => Promise<unknown>, where: string): Promise<void> {
  const missing = (await ask(['EVAL', PROBE, '0', ...NEEDED_COMMANDS])) as readonly string[]
  if (missing.length === 0) return
  throw new SkeinError(
    'ERR_REDIS_RIGHTS',
    `${where}: the user of the URL may not call ${missing.join(', ')}. Allow it: ACL SETUSER <user> ${missing.map((name) => `+${name}`).join(' ')}`,
  )
}
