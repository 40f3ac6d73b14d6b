import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { type Config, type HtmlResponse, Spider } from '../../src/index.ts'
import { run, type Witnessed } from './run.ts'

/** Crawls these pages; `itemsOf` says what each gives. */
export function crawlItems(
  pages: readonly string[],
  itemsOf: (page: HtmlResponse) => object | readonly object[],
  config: Config,
): Promise<Witnessed> {
  class Media extends Spider {
    static override spiderName = 'media'
    override startUrls = [...pages]
    override *parse(page: HtmlResponse) {
      const items = itemsOf(page)
      if (Array.isArray(items)) yield* items
      else yield items
    }
  }
  return run(Media, config)
}

/** All files below a folder, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .sort()
}

export const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
export const md5 = (bytes: string | Uint8Array): string => createHash('md5').update(bytes).digest('hex')
