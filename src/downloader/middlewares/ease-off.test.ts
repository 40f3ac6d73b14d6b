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

  it('gives one back with each success, and lifts the cap at what the settings allow', async () => {
    expect(await told(['error', 'ok', 'ok', 'ok', 'ok', 'ok'])).toEqual([4, 5, 6, 7, 0, undefined])
    expect(await told(['error', 'ok'], { slots: { 'a.example': { concurrency: 2 } } })).toEqual([1, 0])
  })

  it('counts the statuses that are tried again as failures, others not', async () => {
    expect(await told([503, 404, 429])).toEqual([4, 5, 2])
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
