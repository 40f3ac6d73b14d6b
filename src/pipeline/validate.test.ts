import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { pipelineContext } from '../../test/support/pipeline-context.ts'
import { CloseSpider, DropItem } from '../errors.ts'
import { Request } from '../http/request.ts'
import type { StandardSchema } from '../item/standard-schema.ts'
import { createPipelineChain } from './chain.ts'
import type { Item, ItemInfo, Pipeline } from './contract.ts'
import { validate } from './validate.ts'

const info: ItemInfo = { key: 'k-0', request: new Request('https://me:secret@shop.example/1'), response: undefined }
const Book = z.object({
  title: z.string().min(1),
  price: z.coerce.number().positive(),
  tags: z.array(z.string()).default([]),
})
const good = { title: 'Emma', price: '12.5', extra: true }

/** A schema that answers as it is told. */
const answering = (answer: unknown): StandardSchema<unknown, Item> =>
  ({ '~standard': { version: 1, vendor: 'test', validate: () => answer } }) as never

function thrownBy(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('validate', () => {
  it('gives what the schema gives: coerced, with defaults, stripped', () => {
    const item = { ...good }
    expect(validate(Book).process(item, info)).toEqual({ title: 'Emma', price: 12.5, tags: [] })
    expect(item).toEqual(good)
  })

  it('waits for a schema that answers later, and for none that does not', async () => {
    const Later = Book.refine(async ({ title }) => title !== 'Ulysses', { path: ['title'], message: 'is taken' })
    const pending = validate(Later).process(good, info)
    expect(pending).toBeInstanceOf(Promise)
    expect(await pending).toEqual({ title: 'Emma', price: 12.5, tags: [] })
    await expect(validate(Later).process({ ...good, title: 'Ulysses' }, info)).rejects.toThrow('title: is taken')
    expect(validate(Book).process(good, info)).not.toBeInstanceOf(Promise)
  })

  it('names field, what was expected and page, without credentials, and drops the item', () => {
    const error = thrownBy(() => validate(Book).process({ title: 'x', price: 'free', tags: ['a', 7] }, info))
    expect(error).toBeInstanceOf(DropItem)
    expect(error.message).toBe(
      'an item of <GET https://shop.example/1> is invalid: price: Invalid input: expected number, received NaN; tags.1: Invalid input: expected string, received number',
    )
    const start = thrownBy(() => validate(Book).process({}, { ...info, request: undefined }))
    expect(start.message).toMatch(/^an item of start\(\) is invalid: title: /)
  })

  it('lists a few issues, in one line, whatever a schema says', () => {
    const issues = Array.from({ length: 9000 }, (_, i) => ({ message: `bad\n${'x'.repeat(1000)}`, path: ['rows', { key: i }] }))
    const { message } = thrownBy(() => validate(answering({ issues })).process({}, info))
    expect(message).toContain('rows.4: bad xxx')
    expect(message).not.toContain('rows.5')
    expect(message).toMatch(/; and 8995 more$/)
    expect(message.length).toBeLessThan(1500)
    expect(message).not.toContain('\n')
  })

  it('counts invalid items, each of their fields once, and no indices', async () => {
    const context = pipelineContext()
    const pipeline = validate(Book)
    await pipeline.open?.(context)
    for (const item of [{ title: '', tags: [1, 2, 3] }, { ...good, title: 5 }, good])
      try {
        await pipeline.process(item, info)
      } catch {}
    const symbol = validate(answering({ issues: [{ message: 'no', path: [Symbol('s')] }, { message: 'no' }] }))
    await symbol.open?.(context)
    expect(() => symbol.process({}, info)).toThrow('Symbol(s): no; no')
    expect(context.stats.flat()).toEqual({
      item_invalid_count: 3,
      'item_invalid_count/title': 2,
      'item_invalid_count/price': 1,
      'item_invalid_count/tags': 1,
      'item_invalid_count/(item)': 1,
      'item_invalid_count/Symbol(s)': 1,
    })
  })

  it('fails the page, or stops the crawl, where that is wanted', () => {
    const failed = thrownBy(() => validate(Book, { onInvalid: 'fail' }).process({}, info))
    expect(failed).toMatchObject({ code: 'ERR_ITEM_INVALID', message: expect.stringContaining('title: ') })
    expect(failed).not.toBeInstanceOf(DropItem)
    const stopped = thrownBy(() => validate(Book, { onInvalid: 'stop' }).process({}, info))
    expect(stopped).toBeInstanceOf(CloseSpider)
    expect(stopped).toMatchObject({ reason: 'invalid_item', cause: { code: 'ERR_ITEM_INVALID' } })
  })

  it('lets pass what the schema is not for', () => {
    const pipeline = validate(Book, { when: (item) => 'title' in item })
    const shop = { shop: 'x' }
    expect(pipeline.process(shop, info)).toBe(shop)
    expect(() => pipeline.process({ title: '' }, info)).toThrow(DropItem)
  })

  it('passes on what a schema throws, and says so when its answer is none', async () => {
    const boom = new RangeError('boom')
    const throwing = answering(undefined)
    Object.assign(throwing['~standard'], {
      validate() {
        throw boom
      },
    })
    expect(() => validate(throwing).process({}, info)).toThrow(boom)
    await expect(validate(answering(Promise.reject(boom))).process({}, info)).rejects.toBe(boom)
    for (const answer of [null, 'yes', Promise.resolve(undefined)])
      await expect((async () => validate(answering(answer)).process({}, info))()).rejects.toMatchObject({ code: 'ERR_SCHEMA' })
  })

  it('refuses, as any chain does, an output that is no item', () => {
    const chain = createPipelineChain([validate(answering({ value: 'text' }))])
    expect(() => chain.process({}, info)).toThrow(expect.objectContaining({ code: 'ERR_PIPELINE_RESULT' }))
  })

  it('takes schemas that are functions', () => {
    const schema = Object.assign(() => {}, answering({ value: { ok: true } }))
    expect(validate(schema).process({}, info)).toEqual({ ok: true })
  })

  it('refuses when it is made what is no schema, and what is no option', () => {
    const wrong = [undefined, null, {}, 'Book', { '~standard': { version: 2, validate() {} } }, { parse() {} }]
    for (const schema of wrong) expect(() => validate(schema as never)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }))
    for (const [options, hint] of [
      [{ oninvalid: 'stop' }, 'Did you mean "onInvalid"?'],
      [{ onInvalid: 'ignore' }, "'drop' or 'fail' or 'stop'"],
      [{ when: true }, 'a function'],
      [{ toString: 1 }, 'no option "toString"'],
      [null, 'as an object'],
    ] as const)
      expect(() => validate(Book, options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_PIPELINE_OPTION', message: expect.stringContaining(hint) }),
      )
  })

  it('knows the type of what leaves', () => {
    expectTypeOf(validate(Book)).toEqualTypeOf<Pipeline<Item, { title: string; price: number; tags: string[] }>>()
    expectTypeOf(validate(Book, { onInvalid: 'stop' })).toEqualTypeOf<Pipeline<Item, z.output<typeof Book>>>()
    expectTypeOf(validate(Book, { when: () => true })).toEqualTypeOf<Pipeline>()
    expectTypeOf<StandardSchemaV1<string, { a: number }>>().toExtend<StandardSchema<string, { a: number }>>()
    expectTypeOf<StandardSchema<string, { a: number }>>().toExtend<StandardSchemaV1<string, { a: number }>>()
    // @ts-expect-error a text is no item
    expectTypeOf(validate(z.string())).toBeObject()
  })
})
