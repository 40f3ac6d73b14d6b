import type { ExtensionContext } from '../../src/extensions/contract.ts'
import type { Counts } from '../../src/frontier/contract.ts'
import { defaultSettings, type Settings } from '../../src/settings/settings.ts'
import type { CrawlEvents } from '../../src/signals/contract.ts'
import { Signals } from '../../src/signals/signals.ts'
import { Stats } from '../../src/stats/stats.ts'
import { FakeClock } from './fake-clock.ts'

/** What an extension is opened with, with its log lines gathered and a clock in hand. */
export function fakeContext(
  settings: Partial<Settings> = {},
  counts: () => Promise<Counts> = async () => ({ queued: 5, delayed: 2, leased: 3, done: 0, dead: 0, seen: 10 }),
): { context: ExtensionContext; clock: FakeClock; lines: string[] } {
  const lines: string[] = []
  const say = (message: string): void => void lines.push(message)
  const clock = new FakeClock()
  const context: ExtensionContext = {
    spiderName: 'quotes',
    settings: { ...defaultSettings, ...settings },
    stats: new Stats(),
    log: { debugEnabled: true, debug: say, info: say, warn: say, error: say },
    signals: new Signals<CrawlEvents>(say),
    clock,
    counts,
    slotOf: (request) => new URL(request.url).hostname,
    slot: () => undefined,
    close: () => undefined,
  }
  return { context, clock, lines }
}

/** Lets everything that waits for promises only run to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
