import { expect, it } from 'vitest'
import { answer, around, downloadBench } from '../../../test/support/download.ts'
import { Request } from '../../http/request.ts'
import type { Settings } from '../../settings/settings.ts'
import { defaultHeaders } from './default-headers.ts'
import { userAgent } from './user-agent.ts'

async function sent(request: Request, settings: Partial<Settings> = {}): Promise<Request> {
  const { context } = downloadBench(settings)
  let last: Request | undefined
  const inner = around(userAgent, context, async (asked) => {
    last = asked
    return answer(asked)
  })
  await around(defaultHeaders, context, inner)(request)
  return last!
}

it('gives a request the headers it does not have, after its own, as they are written', async () => {
  const { headers } = await sent(new Request('http://a.example/', { headers: { accept: 'a/b', 'X-Own': '1' } }), {
    userAgent: 'me',
  })
  expect(headers.toFlat()).toEqual(['accept', 'a/b', 'X-Own', '1', 'Accept-Language', 'en', 'User-Agent', 'me'])
})

it('never overwrites a User-Agent', async () => {
  const request = new Request('http://a.example/', { headers: { 'user-agent': 'own' } })
  expect((await sent(request)).headers.getAll('user-agent')).toEqual(['own'])
})

it('takes the settings over the built-in ones, null takes one away, whatever the case', async () => {
  const settings = { userAgent: 'me', defaultHeaders: { 'accept-LANGUAGE': null, ACCEPT: 'x/y', 'X-All': '1' } }
  expect((await sent(new Request('http://a.example/'), settings)).headers.toFlat()).toEqual([
    'ACCEPT',
    'x/y',
    'X-All',
    '1',
    'User-Agent',
    'me',
  ])
})

it('gives all requests without headers one and the same', async () => {
  const { context } = downloadBench()
  const seen: unknown[] = []
  const download = around(defaultHeaders, context, async (asked) => {
    seen.push(asked.headers)
    return answer(asked)
  })
  await download(new Request('http://a.example/1'))
  await download(new Request('http://a.example/2', { headers: { 'X-A': '1' } }))
  await download(new Request('http://a.example/3'))
  await download(new Request('http://a.example/4'))
  expect(seen[0]).not.toBe(seen[1])
  expect(seen[3]).toBe(seen[2])
})

it('keeps all else of the request', async () => {
  const request = new Request('http://a.example/', {
    method: 'POST',
    body: 'x',
    meta: { a: 1 },
    priority: 3,
    timeout: 5,
  }).withState({ depth: 4 })
  const { headers: _, ...after } = await sent(request)
  const { headers: __, ...before } = request
  expect(after).toEqual(before)
})

it('has no User-Agent with an empty setting', () => {
  expect(userAgent.create(downloadBench({ userAgent: '' }).context)).toBeUndefined()
})
