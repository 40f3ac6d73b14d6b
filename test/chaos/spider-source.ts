/** What a row wants its spider to do besides following every link and telling of every page. */
export interface SpiderPlan {
  /** @default 'chaos' */
  readonly name?: string
  /** Statements at the beginning of `parse`; `page` is the response, `number` the number of the page. */
  readonly onPage?: string
  /** How links are followed. @default 'yield* page.followAll("a")' */
  readonly follow?: string
  /** More methods. */
  readonly methods?: string
  /** An expression: pipelines of the spider. */
  readonly pipelines?: string
}

/**
 * A spider as a user would write it. It starts at the URLs of its argument `start`, separated by spaces, and gives an item for each page:
 * its number, its checksum, and the process that saw it.
 *
 * `once(name)` is true for the first process that asks: what a row does to one worker only.
 */
export function spiderSource({ name = 'chaos', onPage = '', follow, methods = '', pipelines = '[]' }: SpiderPlan = {}): string {
  return `import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HtmlResponse, Spider } from 'skein'

function once(name: string): boolean {
  try {
    closeSync(openSync(new URL(\`./once-\${name}\`, import.meta.url), 'wx'))
    return true
  } catch {
    return false
  }
}

export class Chaos extends Spider {
  static override spiderName = '${name}'
  static override settings = { pipelines: ${pipelines} }
  override startUrls = (this.args['start'] ?? '').split(' ').filter((url) => url !== '')

  override async *parse(page: HtmlResponse) {
    const number = Number(page.url.split('/').pop())
    ${onPage}
    yield* this.tell(page)
    ${follow ?? "yield* page.followAll('a')"}
  }

  *tell(page: HtmlResponse) {
    const checksum = page.css('#checksum::text').get()
    if (checksum !== undefined) yield { page: Number(page.css('#page::text').get()), checksum, pid: process.pid }
  }
  ${methods}
}
void [once, sleep]
`
}
