import type { ItemInfo } from './contract.ts'

/** How messages call an item: by the request of its page, which is shown without a name and password. */
export function originText({ request }: Pick<ItemInfo, 'request'>): string {
  return request === undefined ? 'an item of start()' : `an item of ${request}`
}
