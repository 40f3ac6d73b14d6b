import type { Extension } from './contract.ts'

/** Milliseconds between two looks. */
const INTERVAL = 5000

/**
 * Looks at the memory of this process (RSS) every 5 seconds, where a limit is set: beyond `memoryWarning` bytes it says so once, as a warning and as
 * the signal `memoryWarning`; beyond `memoryLimit` this worker ends in good order as `memusage_exceeded`. A crawl on Redis goes on without it, and
 * what it had in flight is finished first. Stats: `memusage/startup`, `…/max`, `…/warning_reached`, `…/limit_reached`, as Scrapy's.
 */
export const memoryUsage: Extension = {
  name: 'memory-usage',
  open({ spiderName, settings: { memoryLimit, memoryWarning }, stats, log, signals, clock, close }) {
    if (memoryLimit === 0 && memoryWarning === 0) return undefined
    let warned = memoryWarning === 0
    let cancel = (): void => undefined

    const look = (): void => {
      const bytes = process.memoryUsage.rss()
      stats.max('memusage/max', bytes)
      if (!warned && bytes > memoryWarning) {
        warned = true
        stats.set('memusage/warning_reached', 1)
        log.warn(`${spiderName} holds ${mebibytes(bytes)} of memory, more than memoryWarning (${mebibytes(memoryWarning)})`)
        void signals.emit('memoryWarning', { bytes, limit: memoryWarning })
      }
      if (memoryLimit > 0 && bytes > memoryLimit) {
        stats.set('memusage/limit_reached', 1)
        log.error(`${spiderName} holds ${mebibytes(bytes)} of memory, more than memoryLimit (${mebibytes(memoryLimit)}): it ends`)
        close('memusage_exceeded')
        return
      }
      cancel = clock.after(INTERVAL, look)
    }

    stats.set('memusage/startup', process.memoryUsage.rss())
    look()
    return () => cancel()
  },
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
