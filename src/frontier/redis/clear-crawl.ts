import { SkeinError } from '../../errors.ts'
import type { CrawlScripts } from './crawl-scripts.ts'

/** Runs `clear` until all is gone, or the crawl is in use again. */
export async function clearCrawl(scripts: CrawlScripts, args: readonly string[]): Promise<void> {
  for (;;) {
    try {
      const [, over] = await scripts.run(scripts.scripts.clear, args)
      if (over === 1) return
    } catch (error) {
      if (error instanceof SkeinError && error.code === 'ERR_CRAWL_GONE') return
      throw error
    }
  }
}
