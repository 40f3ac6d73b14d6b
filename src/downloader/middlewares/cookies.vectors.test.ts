import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench } from '../../../test/support/download.ts'
import { Request, type RequestCookie } from '../../http/request.ts'
import { cookies } from './cookies.ts'

interface Step {
  readonly url: string
  readonly cookies?: Record<string, string | number | boolean | null> | RequestCookie[]
  readonly headers?: [string, string][]
  readonly meta?: { readonly cookiejar?: unknown; readonly dont_merge_cookies?: boolean }
  readonly setCookie?: readonly string[]
}

interface Vector {
  readonly id: string
  readonly steps: readonly Step[]
  readonly expected: { readonly steps: readonly { readonly cookieHeader: string | null }[] }
  readonly rfc6265Differs?: boolean
  readonly rfc6265?: { readonly cookieHeaders: readonly (string | null)[] }
}

const { cases } = JSON.parse(readFileSync(new URL('../../../test/vectors/cookies.json', import.meta.url), 'utf8')) as {
  cases: Vector[]
}

/** The Cookie header of each step. */
async function sent(steps: readonly Step[]): Promise<(string | null)[]> {
  const headers: (string | null)[] = []
  let setCookie: readonly string[] = []
  const download = around(cookies, downloadBench().context, async (request) => {
    headers.push(request.headers.get('cookie') ?? null)
    const utf8 = (line: string): string => (/[^\0-\xff]/.test(line) ? Buffer.from(line).toString('latin1') : line)
    return answer(
      request,
      200,
      setCookie.map((line): [string, string] => ['Set-Cookie', utf8(line)]),
    )
  })
  for (const { url, cookies, headers, meta, setCookie: lines = [] } of steps) {
    setCookie = lines
    const cookieJar = meta?.cookiejar ?? undefined
    await download(
      new Request(url, {
        cookies,
        headers,
        cookieJar: cookieJar as string | undefined,
        dontMergeCookies: meta?.dont_merge_cookies,
      }),
    )
  }
  return headers
}

/** Python writes True. */
const python = (header: string | null): string | null => header?.replace('=true', '=True') ?? null

describe('cookies as Scrapy sends them', () => {
  it.each(cases.filter((one) => one.rfc6265Differs !== true))('$id', async ({ steps, expected }) => {
    expect((await sent(steps)).map(python)).toEqual(expected.steps.map(({ cookieHeader }) => cookieHeader))
  })
})

describe('cookies as RFC 6265 has them, where Scrapy differs', () => {
  it.each(cases.filter((one) => one.rfc6265Differs === true))('$id', async ({ steps, rfc6265 }) => {
    expect(await sent(steps)).toEqual(rfc6265?.cookieHeaders)
  })
})
