import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

it('makes folders, those above included, and refuses what the system refuses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-folder-'))
  const deep = join(folder, 'a', 'b', 'c')
  makeFolder(deep)
  makeFolder(deep)
  expect(existsSync(deep)).toBe(true)
  writeFileSync(join(folder, 'file'), '')
  expect(() => makeFolder(join(folder, 'file', 'x'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  rmSync(folder, { recursive: true })
})

it.runIf(process.platform === 'linux')('comes back where the system says that a folder cannot be', () => {
  expect(() => makeFolder('/proc/no-such-folder')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  expect(() => makeFolder('/proc/no-such-folder/deeper')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})
