// Crawls one hostile page in a process of its own, with a healthy host beside it, and says what the process took. Run by hostile-memory.ts.
import type { Config, Response } from '../../src/index.ts'
import { crawlBeside } from './hostile-crawl.ts'

const { urls, config } = JSON.parse(process.argv[2]!) as { urls: string[]; config: Config }
const gc = (globalThis as { gc?: () => void }).gc!
let largest = 0

gc()
const before = process.memoryUsage.rss()
const { byPath, healthy } = await crawlBeside(
  urls.map((url) => ({ url, visit: (page: Response) => void (largest = Math.max(largest, page.body.length)) })),
  config,
)
// buffers are given back in the turns after they were found to be garbage
for (let turn = 0; turn < 5; turn++) {
  gc()
  await new Promise((resolve) => setImmediate(resolve))
}
process.send!({
  byPath,
  healthy,
  largest,
  peak: process.resourceUsage().maxRSS * 1024 - before,
  after: process.memoryUsage.rss() - before,
  external: process.memoryUsage().external,
})
process.disconnect()
