import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** Every row of Scrapy's measured behaviour that is about downloads and the course of a crawl has a test that is named after it. */

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const ROWS = [...range(1, 62), 71, 72, 76, 77, ...range(79, 83)]

const folder = import.meta.dirname
const named = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts') && file !== 'rows.test.ts')
  .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/['"`]row (\d+): /g)])
  .map(([, row]) => Number(row))

it('each row has a test', () => {
  expect(ROWS.filter((row) => !named.includes(row))).toEqual([])
})

it('each test is of one of them', () => {
  expect(named.filter((row) => !ROWS.includes(row))).toEqual([])
})
