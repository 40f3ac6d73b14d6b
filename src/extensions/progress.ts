import { escapeControl } from '../log/escape-control.ts'
import { grouped } from '../util/grouped.ts'
import type { Extension } from './contract.ts'

/** Milliseconds between two drawings: fast enough to look alive, and nothing beside the cost of a crawl. */
const REDRAW = 200
/** Drawings that the rate is taken over: five seconds of them. */
const WINDOW = 25
/** With more hosts than this, rows of their own would say little and take the screen. */
const MAX_HOSTS = 8

/** What draws the block; a LiveTerminal does. */
export interface ProgressScreen {
  draw(lines: readonly string[]): void
}

/**
 * A live block on a terminal: pages, rate, what is queued and in flight, items, errors, time; and, while there are few hosts, how many
 * pages came from each.
 */
export function progress(screen: ProgressScreen): Extension {
  return {
    name: 'progress',
    open({ spiderName, stats, signals, clock, counts }) {
      const start = clock.now()
      const samples: { time: number; pages: number }[] = [{ time: start, pages: 0 }]
      const hosts = new Map<string, number>()
      let closed = false

      let ignoreHosts = signals.on('responseReceived', ({ request }) => {
        const host = hostOf(request.url)
        hosts.set(host, (hosts.get(host) ?? 0) + 1)
        if (hosts.size <= MAX_HOSTS) return
        hosts.clear()
        ignoreHosts()
        ignoreHosts = () => undefined
      })

      const stat = (name: string): number => Number(stats.get(name) ?? 0)
      const tick = async (): Promise<void> => {
        const where = await counts().then(
          ({ queued, delayed, leased }) => [`${grouped(queued + delayed)} queued`, `${leased} in flight`],
          () => ['queue does not answer'],
        )
        if (closed) return
        const now = { time: clock.now(), pages: stat('response_received_count') }
        samples.push(now)
        if (samples.length > WINDOW) samples.shift()
        const first = samples[0]!
        const rate = (now.pages - first.pages) / (Math.max(1, now.time - first.time) / 1000)
        const errors = stat('request_end_count/failed') + stat('request_end_count/dead') + stat('item_error_count')
        const facts = [
          `${grouped(now.pages)} pages`,
          `${rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate))}/s`,
          `${grouped(stat('item_scraped_count'))} items`,
          ...(errors > 0 ? [`${grouped(errors)} errors`] : []),
          ...where,
          duration(now.time - start),
        ]
        screen.draw([`${escapeControl(spiderName)}  ${facts.join('  ')}`, ...hostRows(hosts)])
        cancel = clock.after(REDRAW, tick)
      }

      let cancel = clock.after(0, tick)
      return () => {
        closed = true
        cancel()
        ignoreHosts()
        screen.draw([])
      }
    },
  }
}

/** Hours, minutes and seconds: `1:02:03`, `2:03`. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const tail = String(s).padStart(2, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${tail}` : `${m}:${tail}`
}

function hostRows(hosts: ReadonlyMap<string, number>): string[] {
  // one host needs no row: its pages are all there are
  if (hosts.size < 2) return []
  const width = Math.max(...[...hosts.keys()].map((host) => host.length))
  return [...hosts]
    .sort(([, a], [, b]) => b - a)
    .map(([host, pages]) => `  ${escapeControl(host).padEnd(width)}  ${grouped(pages)}`)
}

/** Enough for a URL that was made by Request, and a tenth of the cost of parsing it. */
function hostOf(url: string): string {
  return /^[^:]+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(url)?.[1] ?? ''
}
