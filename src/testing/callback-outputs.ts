import { createResponse } from '../http/create-response.ts'
import { type JsonObject, Request } from '../http/request.ts'
import type { Response, ResponseInit } from '../http/response.ts'
import type { Item } from '../pipeline/contract.ts'
import { eachOutput } from '../scraper/each-output.ts'
import { isItem, noItem } from '../scraper/no-item.ts'
import { Spider } from '../spider/spider.ts'

/** A page for a callback: what a response is made of, HTML where no `headers` say otherwise, and the `cbArgs` of its request. */
export interface TestPage extends ResponseInit {
  /** @default {} */
  readonly args?: JsonObject
}

/** What a callback gave, in order. */
export interface CallbackOutputs<I extends Item = Item> {
  readonly items: I[]
  readonly requests: Request[]
}

/**
 * Runs one callback of a spider on one page: no server, no crawl. Callbacks of the requests it gives are checked, as in a crawl; middlewares and
 * pipelines are not part of it.
 *
 * Rejects with what the callback throws, with ERR_CALLBACK for a callback that the spider does not have, and with ERR_ITEM for an output that is
 * neither item nor request.
 *
 * @example
 * const { items, requests } = await callbackOutputs(new Books(), 'parseBook', { url: 'https://books.example/1', body: '<h1>Emma</h1>' })
 */
export async function callbackOutputs<I extends Item>(
  spider: Spider<I>,
  callback: string,
  page: TestPage,
): Promise<CallbackOutputs<I>> {
  const { args = {}, ...init } = page
  const callbacks = Spider.attach(spider as unknown as Spider, { log: spider.log, stats: spider.stats })
  const name = callbacks.resolve(callback)
  const request = init.request ?? new Request(init.url, { callback: name, cbArgs: args })
  const response = createResponse({ headers: { 'Content-Type': 'text/html; charset=utf-8' }, ...init, request, callbacks })

  const items: I[] = []
  const requests: Request[] = []
  const method = (spider as unknown as Record<string, (page: Response, args: JsonObject) => unknown>)[name]!
  await eachOutput(method.call(spider, response, request.cbArgs), (output) => {
    if (output === undefined || output === null) return
    if (output instanceof Request) {
      for (const ref of [output.callback, output.errback]) if (ref !== undefined) callbacks.resolve(ref)
      requests.push(output)
    } else if (isItem(output)) items.push(output as I)
    else throw noItem(output)
  })
  return { items, requests }
}
