import { expect, it } from 'vitest'
import { answer, downloadBench, failure } from '../../test/support/download.ts'
import { Request } from '../http/request.ts'
import type { DownloadHandlerFactory } from './contract.ts'
import { HandlerRegistry } from './handler-registry.ts'

/** A registry of one scheme whose handler is made by `make`, and how often that was called. */
function registryOf(make: () => void): { registry: HandlerRegistry; made: () => number } {
  let made = 0
  const factory: DownloadHandlerFactory = async () => {
    made++
    make()
    return { download: async (request) => answer(request), close: async () => undefined }
  }
  return { registry: new HandlerRegistry(new Map([['x', factory]]), downloadBench().context), made: () => made }
}
const request = new Request('x://host/')

it('makes a handler once, prepared or not', async () => {
  const { registry, made } = registryOf(() => undefined)
  await Promise.all([registry.prepare('x'), registry.download(request), registry.prepare('x')])
  await registry.download(request)
  expect(made()).toBe(1)
})

it('says with the first download why a handler could not be prepared, and tries again', async () => {
  let broken = true
  const { registry, made } = registryOf(() => {
    if (broken) throw new Error('no such library')
  })
  await registry.prepare('x')
  expect((await failure(registry.download(request))).message).toBe('no such library')
  broken = false
  expect((await registry.download(request)).status).toBe(200)
  expect(made()).toBe(3)
})

it('prepares nothing for a scheme that nobody speaks, nor after it was closed', async () => {
  const { registry, made } = registryOf(() => undefined)
  await registry.prepare('y')
  await registry.close()
  await registry.prepare('x')
  expect(made()).toBe(0)
})
