import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { DownloadError } from '../errors.ts'
import type { SlotChange } from '../frontier/contract.ts'
import { createResponse } from '../http/create-response.ts'
import { Request } from '../http/request.ts'
import type { SlotSettings } from '../settings/polite-settings.ts'
import type { CrawlEvents } from '../signals/contract.ts'
import { Signals } from '../signals/signals.ts'
import { Stats } from '../stats/stats.ts'
import { hostOf } from '../url/host.ts'
import { InlineDownloads } from './inline-downloads.ts'

interface Running {
  readonly url: string
  readonly at: number
  answer(): void
  fail(error: Error): void
}

function make(settings: { delay?: number; concurrencyPerSlot?: number; slots?: Record<string, SlotSettings> } = {}) {
  const clock = new FakeClock()
  const start = clock.now()
  const running: Running[] = []
  const told: [string, number][] = []
  const stats = new Stats()
  const inline = new InlineDownloads({
    download: (request) =>
      new Promise((resolve, reject) => {
        running.push({
          url: request.url,
          at: clock.now() - start,
          answer: () => resolve(createResponse({ url: request.url, request })),
          fail: reject,
        })
      }),
    slotOf: (request) => hostOf(request.url),
    changeSlot: async (slot: string, { blockedUntil = 0 }: SlotChange) => void told.push([slot, blockedUntil - start]),
    callbacks: { resolve: String },
    settings: { delay: 0, concurrencyPerSlot: 2, slots: {}, ...settings },
    stats,
    signals: new Signals<CrawlEvents>(() => {}),
    clock,
  })
  const ask = (url: string): Promise<string> =>
    inline.download(new Request(url)).then(
      () => 'ok',
      (error: DownloadError) => error.code,
    )
  return { clock, inline, running, told, stats, ask, start }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('inline downloads', () => {
  it('of a slot run as many at once as its concurrency allows, in the order in which they were asked for', async () => {
    const { ask, running, stats, told, clock } = make({ slots: { 'b.example': { concurrency: 1 } } })
    const asked = [1, 2, 3, 4].map((n) => ask(`http://a.example/${n}`))
    const others = [1, 2].map((n) => ask(`http://b.example/${n}`))
    await settle()
    const urls = (): string[] => running.map(({ url }) => url.slice(7))
    expect(urls()).toEqual(['a.example/1', 'a.example/2', 'b.example/1'])
    running[0]!.fail(new DownloadError('ERR_RESET', 'x'))
    await settle()
    expect(urls().slice(3)).toEqual(['a.example/3'])
    for (let i = 1; i < running.length; i++) {
      running[i]!.answer()
      await settle()
    }
    expect(await Promise.all([...asked, ...others])).toEqual(['ERR_RESET', 'ok', 'ok', 'ok', 'ok', 'ok'])
    expect(stats.get('response_received_count')).toBe(5)
    expect([told, clock.pending]).toEqual([[], 0])
  })

  it('keep the delay among themselves, and to what the queue has started and will start', async () => {
    const { ask, running, told, clock } = make({ delay: 2 })
    void ask('http://a.example/1')
    void ask('http://a.example/2')
    await settle()
    expect(running).toEqual([])
    // the queue is told to wait before anything starts
    expect(told).toEqual([
      ['a.example', 4000],
      ['a.example', 6000],
    ])
    for (let ms = 0; ms < 10_000; ms += 500) {
      clock.advance(500)
      await settle()
    }
    expect(running.map(({ at }) => at)).toEqual([2000, 4000])
  })

  it('heed what the slot was told: Crawl-delay, Retry-After', async () => {
    const { ask, running, inline, clock, start } = make()
    inline.changed('a.example', { delay: 1000 })
    inline.changed('b.example', { blockedUntil: start + 7000 })
    inline.changed('b.example', { blockedUntil: start + 10 })
    for (const host of ['a', 'b', 'c']) void ask(`http://${host}.example/`)
    for (let ms = 0; ms < 10_000; ms += 500) {
      await settle()
      clock.advance(500)
    }
    await settle()
    expect(running.map(({ url, at }) => [url, at])).toEqual([
      ['http://c.example/', 0],
      ['http://a.example/', 1000],
      ['http://b.example/', 7000],
    ])
  })

  it('that wait are aborted with the others, and leave no timer and no place taken', async () => {
    const { ask, running, inline, clock } = make({ concurrencyPerSlot: 1, slots: { 'slow.example': { delay: 3600 } } })
    const first = ask('http://a.example/1')
    const waiting = [ask('http://a.example/2'), ask('http://slow.example/')]
    await settle()
    inline.abort()
    expect(await Promise.all(waiting)).toEqual(['ERR_ABORTED', 'ERR_ABORTED'])
    expect(clock.pending).toBe(0)
    running[0]!.answer()
    expect(await first).toBe('ok')
    const next = ask('http://a.example/3')
    await settle()
    running[1]!.answer()
    expect(await next).toBe('ok')
    inline.close()
    expect(await ask('http://slow.example/')).toBe('ERR_ABORTED')
  })
})
