import { UsageError } from '../../errors.ts'
import { keyOfTemplate } from '../../redis/key-of-template.ts'
import { keySlot } from '../../redis/key-slot.ts'

/** The keys that items are appended with. */
export interface ListKeys {
  readonly list: string
  /** What was appended in one run of the crawl; on a Cluster on the node of the list. */
  readonly pushed: string
  /** The pattern of all that is remembered, for the rights of a user. */
  readonly pattern: string
}

/**
 * Names them.
 *
 * @throws UsageError ERR_REDIS_KEY
 */
export function listKeys(template: string, crawl: string, run: string, cluster: boolean): ListKeys {
  const list = keyOfTemplate(template, crawl, cluster)
  // without a part in braces the whole key decides which node has it
  const prefix = !cluster || keySlot(`${list}:pushed`) === keySlot(list) ? list : `{${list}}`
  const pushed = `${prefix}:pushed:${run}:dupefilter`
  if (!cluster || keySlot(pushed) === keySlot(list)) return { list, pushed, pattern: `${prefix}:pushed:*` }
  throw new UsageError(
    'ERR_REDIS_KEY',
    `redisItems(): the key ${JSON.stringify(list)} cannot be used in a Cluster: expected it to be without braces, or with a part in braces, as in {books}:items.`,
  )
}
