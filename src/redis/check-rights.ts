import { SkeinError } from '../errors.ts'

/** What the scripts of a frontier call, and what the link itself needs. */
export const NEEDED_COMMANDS: readonly string[] = (
  'bitfield bitfield_ro del exists get hdel hget hgetall hincrby hincrbyfloat hlen hmget hscan hset hvals llen lpop lpush lrange ' +
  'lrem persist pexpire publish rpop rpush sadd scard set setbit sismember smembers spop srem time type unlink zadd zcard ' +
  'zcount zpopmax zpopmin zrange zrangebyscore zrem zrevrange zscore ' +
  'eval evalsha subscribe ping'
).split(' ')

/**
 * How many arguments they want at least, where it is not one; each gets as many zeros, a key among them. Without its arguments
 * `acl_check_cmd` reads beyond their end: with a user that is limited to some keys, Redis 7.0.15 dies of it.
 */
const ARGUMENTS: Readonly<Record<string, number>> = {
  ping: 0,
  time: 0,
  ...counted(2, 'eval evalsha hdel hget hmget hscan lpush pexpire publish rpush sadd set sismember srem zrem zscore'),
  ...counted(3, 'hincrby hincrbyfloat hset lrange lrem setbit zadd zcount zrange zrangebyscore zrevrange'),
}

// A refusal may be due to the key: then the call, which is refused for the same reason and does nothing, says whether it is
const PROBE = `local missing = {}
for i = 1, #ARGV, 2 do
  local call = { ARGV[i] }
  for n = 1, tonumber(ARGV[i + 1]) do call[n + 1] = '0' end
  local known, allowed = pcall(redis.acl_check_cmd, unpack(call))
  if known and not allowed then
    local refused = redis.pcall(unpack(call))
    if type(refused) == 'table' and refused.err and string.find(refused.err, 'run th', 1, true) then missing[#missing + 1] = call[1] end
  end
end
return missing`

/**
 * Looks whether the user may call these commands; nothing is written. Rights for keys and channels are not looked at: what they are called is
 * not known here.
 */
export async function checkRights(
  ask: (args: readonly string[]) => Promise<unknown>,
  where: string,
  commands: readonly string[],
): Promise<void> {
  const probes = commands.flatMap((name) => [name, String(ARGUMENTS[name] ?? 1)])
  const missing = (await ask(['EVAL', PROBE, '0', ...probes])) as readonly string[]
  if (missing.length === 0) return
  throw new SkeinError(
    'ERR_REDIS_RIGHTS',
    `${where}: the user of the URL may not call ${missing.join(', ')}. Allow it: ACL SETUSER <user> ${missing.map((name) => `+${name}`).join(' ')}`,
  )
}

function counted(count: number, names: string): Record<string, number> {
  return Object.fromEntries(names.split(' ').map((name) => [name, count]))
}
