import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openStore } from './crawl-store.ts'

const disk = { bavail: 0, bsize: 4096, blocks: 0 }
vi.mock(import('node:fs'), async (original) => ({ ...(await original()), statfsSync: (() => disk) as never }))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('is not opened on a disk that is full, where the system would kill the process', async () => {
  disk.blocks = 1000
  disk.bavail = 255
  await expect(openStore(folder, 'power')).rejects.toMatchObject({ code: 'ERR_JOB_FULL' })
  expect(readdirSync(folder)).toEqual([])
  disk.bavail = 256
  await (await openStore(folder, 'power')).close()
})

it('is opened where the file system does not tell how large it is', async () => {
  disk.blocks = 0
  disk.bavail = 0
  await (await openStore(folder, 'power')).close()
})
