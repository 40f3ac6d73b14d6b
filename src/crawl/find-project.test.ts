import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findProject, findSpiderFiles } from './find-project.ts'

let root: string
beforeEach(() => {
  // a name with what is left out inside a project: only what lies below counts
  root = mkdtempSync(join(tmpdir(), '_skein.test.-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const write = (...names: string[]): void => {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), '')
  }
}

test('the nearest config counts, whatever its ending', () => {
  write('skein.config.ts', 'inner/skein.config.mjs', 'inner/deep/x', 'outer/deep/x')
  expect(findProject(join(root, 'outer/deep'))).toEqual({ root, configFile: join(root, 'skein.config.ts') })
  expect(findProject(join(root, 'inner/deep'))).toEqual({
    root: join(root, 'inner'),
    configFile: join(root, 'inner/skein.config.mjs'),
  })
})

test('no config up to the root of the file system: no project', () => {
  expect(findProject(root)).toBeUndefined()
})

test('spiders are .ts, .mts, .js and .mjs at any depth, sorted', () => {
  write('spiders/b.ts', 'spiders/a.mjs', 'spiders/deep/er/c.js', 'spiders/d.mts', 'elsewhere/e.ts')
  expect(findSpiderFiles(root).map((file) => file.slice(root.length + 1))).toEqual([
    'spiders/a.mjs',
    'spiders/b.ts',
    'spiders/d.mts',
    'spiders/deep/er/c.js',
  ])
})

test('what holds no spiders is left out', () => {
  write('spiders/a.test.ts', 'spiders/a.spec.mjs', 'spiders/a.d.ts', 'spiders/a.d.mts', 'spiders/_shared.ts', 'spiders/_lib/a.ts')
  write(
    'spiders/.hidden.ts',
    'spiders/.skein/1-a.mjs',
    'spiders/node_modules/x/index.js',
    'spiders/a.tsx',
    'spiders/a.json',
    'spiders/a.cjs',
  )
  expect(findSpiderFiles(root)).toEqual([])
})

test('no folder: no spiders', () => {
  expect(findSpiderFiles(root)).toEqual([])
})
