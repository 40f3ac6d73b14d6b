import { expect, it } from 'vitest'
import { type Request, type Response, Spider } from '../../src/index.ts'
import { fakeSite, testCrawl } from '../../src/testing/index.ts'

it('a page that a callback asks for once more goes into the queue as it was asked for, without what the wire was told', async () => {
  await using site = await fakeSite({
    '/': ({ attempt }) => ({ html: attempt === 1 ? 'not yet' : 'here', headers: { 'set-cookie': 'visit=1' } }),
  })
  const queued: Record<string, unknown>[] = []
  class Again extends Spider<{ text: string; sent: string | undefined }> {
    override startUrls = [site.url]

    override *parse(page: Response): Iterable<Request | undefined | { text: string; sent: string | undefined }> {
      const text = page.body.toString()
      if (text === 'not yet') {
        const again = this.retry(page.request, 'not yet')!
        queued.push(again.toJSON())
        return yield again
      }
      yield { text, sent: site.log().at(-1)?.url }
    }
  }
  const { items, lines } = await testCrawl(Again, {
    config: { httpAuth: { '127.0.0.1': { user: 'me', password: 'secret' } }, defaultHeaders: { 'X-Key': 'secret' } },
  })
  expect(items).toHaveLength(1)
  expect(queued).toHaveLength(1)
  expect(queued[0]).not.toHaveProperty('headers')
  expect(JSON.stringify(queued)).not.toMatch(/secret|visit/)
  expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
})
