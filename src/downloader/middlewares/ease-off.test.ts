import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench, failure } from '../../../test/support/download.ts'
import { DownloadError } from '../../errors.ts'
import { Request } from '../../http/request.ts'
import { easeOff } from './ease-off.ts'

const page = new Request('http://a.example/')
const timeout = () => Promise.reject(new DownloadError('ERR_TIMEOUT', 'no answer'))

/** What the slot was told after each of these downloads: `ok`, `error` or a status. */
async function told(outcomes: readonly (number | 'ok' | 'error' | 'large')[], settings = {}): Promise<(number | undefined)[]> {
  const { context, slots } = downloadBench(settings)
  let next = 0
  const download = around(easeOff, context, (request) => {
    const outcome = outcomes[next++]!
    if (outcome === 'error') return timeout()
    if (outcome === 'large') return Promise.reject(new DownloadError('ERR_TOO_LARGE', 'too large'))
    return Promise.resolve(answer(request, outcome === 'ok' ? 200 : outcome))
  })
  const caps: (number | undefined)[] = []
  for (const _ of outcomes) {
    const before = slots.length
    await download(page).catch(() => undefined)
    caps.push(slots.length === before ? undefined : slots.at(-1)!.change.cap)
  }
  return caps
}

describe('ease-off', () => {
  it('halves with each failure, down to one, and says so once', async () => {
    expect(await told(['error', 'error', 'error', 'error', 'error'])).toEqual([4, 2, 1, undefined, undefined])
  })

  it('gives one back with four successes in a row, and lifts the cap at what the settings allow', async () => {
    const four = ['ok', 'ok', 'ok', 'ok'] as const
    const no = undefined
    expect(await told(['error', ...four, ...four, ...four, ...four, ...four])).toEqual([
      4,
      no,
      no,
      no,
      5,
      no,
      no,
      no,
      6,
      no,
      no,
      no,
      7,
      no,
      no,
      no,
      0,
      no,
      no,
      no,
      no,
    ])
    expect(await told(['error', ...four], { slots: { 'a.example': { concurrency: 2 } } })).toEqual([1, no, no, no, 0])
    expect(await told(['error', 'error', 'error', 'ok', 'ok', 'ok', 'error', ...four])).toEqual([
      4,
      2,
      1,
      no,
      no,
      no,
      no,
      no,
      no,
      no,
      2,
    ])
  })

  it('counts the statuses that are tried again as failures, others not', async () => {
    expect(await told([503, 404, 404, 404, 404, 429])).toEqual([4, undefined, undefined, undefined, 5, 2])
  })

  it('says nothing of a host that never failed, and of failures that are not the host’s', async () => {
    expect(await told(['ok', 'ok', 'large'])).toEqual([undefined, undefined, undefined])
  })

  it('hands results and errors on as they are', async () => {
    const { context } = downloadBench()
    const response = answer(page)
    expect(await around(easeOff, context, async () => response)(page)).toBe(response)
    expect(await failure(around(easeOff, context, timeout)(page))).toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('is not there where it is not wanted', () => {
    expect(easeOff.create(downloadBench({ easeOff: false }).context)).toBeUndefined()
  })
})
