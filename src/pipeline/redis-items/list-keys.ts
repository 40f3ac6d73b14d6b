import { UsageError } from '../../errors.ts'
import { keyOfTemplate } from '../../redis/key-of-template.ts'
import { keySlot } from '../../redis/key-slot.ts'

/** The keys that items are appended with. */
export interface ListKeys {
  readonly list: string
  /** What was appended in one run of the crawl; on a Cluster on the node of the list. */
  readonly pushed: string
}

/**
 * Names them.
 *
 * @throws UsageError ERR_REDIS_KEY
 */
export function listKeys(template: string, crawl: string, run: string, cluster: boolean): ListKeys {
  const list = keyOfTemplate(template, crawl, cluster)
  const beside = (key: string): string => `${key}:pushed:${run}:dupefilter`
  // without a part in braces the whole key decides which node has it
  const pushed = !cluster || keySlot(beside(list)) === keySlot(list) ? beside(list) : beside(`{${list}}`)
  if (!cluster || keySlot(pushed) === keySlot(list)) return { list, pushed }
  throw new UsageError(
    'ERR_REDIS_KEY',
    `redisItems(): the key ${JSON.stringify(list)} cannot be used in a Cluster: expected it to be without braces, or with a part in braces, as in {books}:items.`,
  )
}
