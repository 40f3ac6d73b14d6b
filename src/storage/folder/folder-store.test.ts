import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ObjectStore } from '../contract.ts'
import { openObjectStore } from '../open-object-store.ts'

/** What stands in for a disk that runs full, or fails: each write or sync asks it first. */
const disk = vi.hoisted(() => ({ problem: undefined as string | undefined, swept: false }))

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>()
  return {
    ...fs,
    async rename(from: string, to: string) {
      if (disk.swept) await fs.rm(from)
      disk.swept = false
      // a store with another disk mounted in it
      if (from.includes('/.skein-tmp/') && to.includes('/other/'))
        throw Object.assign(new Error('EXDEV: rename'), { code: 'EXDEV' })
      return fs.rename(from, to)
    },
    async rm(...args: Parameters<typeof fs.rm>) {
      if (disk.problem === 'EROFS') throw Object.assign(new Error('EROFS: unlink'), { code: 'EROFS' })
      return fs.rm(...args)
    },
    async open(...args: Parameters<typeof fs.open>) {
      const handle = await fs.open(...args)
      const writeFile = handle.writeFile.bind(handle)
      handle.writeFile = async (bytes: Uint8Array) => {
        if (disk.problem === undefined) return writeFile(bytes)
        // a disk that runs full takes a part first
        await writeFile(bytes.subarray(0, bytes.length / 2))
        throw Object.assign(new Error(`${disk.problem}: write`), { code: disk.problem })
      }
      return handle
    },
  }
})

let base: string
let root: string
let store: ObjectStore

beforeEach(async () => {
  disk.problem = undefined
  base = mkdtempSync(join(tmpdir(), 'skein-store-'))
  root = join(base, 'media')
  store = await openObjectStore(root)
  await store.check()
  return () => rmSync(base, { recursive: true, force: true })
})

/** What is there, but for the folder of what is not whole yet, if it is empty. */
const files = (folder = base): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('.skein-tmp'))
    .sort()
const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('a store in a folder', () => {
  it('makes the folder, keeps what it is given, and tells of it', async () => {
    expect(files()).toEqual(['media'])
    await store.put('full/deep/a.txt', bytes('hello'))
    expect(readFileSync(join(root, 'full/deep/a.txt'), 'utf8')).toBe('hello')
    expect(await store.stat('full/deep/a.txt')).toEqual({ size: 5, modified: expect.any(Date) })
    expect(await store.stat('full/deep/a.txt', { md5: true })).toMatchObject({ md5: '5d41402abc4b2a76b9719d911017c592' })
    await store.put('full/deep/a.txt', bytes('other'))
    expect(readFileSync(join(root, 'full/deep/a.txt'), 'utf8')).toBe('other')
    expect(files(root)).toEqual(['full', 'full/deep', 'full/deep/a.txt'])
    expect(store.uri).toBe(root)
  })

  it('knows nothing of what is not there, and of folders', async () => {
    await store.put('full/a', bytes('a'))
    for (const key of ['b', 'full', 'full/b', 'full/a/b', 'x/y/z']) expect(await store.stat(key), key).toBeUndefined()
  })

  it('takes a file: URL, an empty object, and one name from many at once', async () => {
    const same = await openObjectStore(pathToFileURL(root).href)
    await same.put('empty', new Uint8Array(0))
    expect((await store.stat('empty'))?.size).toBe(0)
    const large = Array.from({ length: 20 }, (_, n) => Buffer.alloc(200_000, n))
    await Promise.all(large.map((body) => store.put('new/one', body)))
    const found = readFileSync(join(root, 'new/one'))
    expect(large.some((body) => body.equals(found))).toBe(true)
    expect(files(root)).toEqual(['empty', 'new', 'new/one'])
  })

  it('shows a large object when it is whole, and leaves nothing of one that was given up', async () => {
    const upload = store.upload('feed.jsonl')
    for (let n = 0; n < 100; n++) await upload.write(bytes(`${n}\n`))
    expect(existsSync(join(root, 'feed.jsonl'))).toBe(false)
    await upload.finish()
    expect(readFileSync(join(root, 'feed.jsonl'), 'utf8').split('\n')).toHaveLength(101)
    await expect(upload.write(bytes('x'))).rejects.toMatchObject({ code: 'ERR_STORAGE_OVER' })
    await upload.abort()
    const other = store.upload('feed.jsonl')
    await other.write(bytes('half'))
    await other.abort()
    await other.abort()
    expect(files(root)).toEqual(['feed.jsonl'])
    await store.upload('nothing').finish()
    expect((await store.stat('nothing'))?.size).toBe(0)
  })

  it('stores names that another system refuses under one that none does, and finds them again', async () => {
    for (const key of ['con.jpg', 'a:b', `${'long'.repeat(100)}.png`]) {
      await store.put(key, bytes(key))
      expect((await store.stat(key))?.size, key).toBe(key.length)
    }
    expect(files(root)).not.toContain('con.jpg')
    expect(files(root).every((name) => Buffer.byteLength(name) <= 255)).toBe(true)
  })

  it('refuses every way out of the folder', async () => {
    writeFileSync(join(base, 'secret'), 'mine')
    for (const key of ['../secret', 'a/../../secret', join(base, 'secret'), '..', 'a\0/../b', '..\\secret', '']) {
      await expect(store.put(key, bytes('theirs')), key).rejects.toMatchObject({ code: 'ERR_STORAGE_KEY' })
      await expect(store.stat(key), key).rejects.toMatchObject({ code: 'ERR_STORAGE_KEY' })
    }
    expect(files()).toEqual(['media', 'secret'])
  })

  it('follows no link that leads out, and replaces one rather than writing through it', async () => {
    mkdirSync(join(base, 'outside'))
    writeFileSync(join(base, 'secret'), 'mine')
    symlinkSync(join(base, 'outside'), join(root, 'full'))
    symlinkSync(join(base, 'secret'), join(root, 'a.jpg'))
    for (const key of ['full/a.jpg', 'full/new/a.jpg']) {
      await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ code: 'ERR_STORAGE_KEY', message: /leads out of it/ })
    }
    await expect(store.stat('full/a.jpg')).rejects.toMatchObject({ code: 'ERR_STORAGE_KEY' })
    expect(await store.stat('a.jpg')).toBeUndefined()
    await store.put('a.jpg', bytes('theirs'))
    expect(readFileSync(join(base, 'secret'), 'utf8')).toBe('mine')
    expect(readdirSync(join(base, 'outside'))).toEqual([])
    mkdirSync(join(root, 'inside'))
    symlinkSync(join(root, 'inside'), join(root, 'link'))
    await store.put('link/a', bytes('x'))
    expect(files(join(root, 'inside'))).toEqual(['a'])
  })

  it('may itself be a link', async () => {
    symlinkSync(root, join(base, 'link'))
    const linked = await openObjectStore(join(base, 'link'))
    await linked.check()
    await linked.put('a', bytes('x'))
    expect((await store.stat('a'))?.size).toBe(1)
  })

  it('says when the disk is full, and takes the half file away', async () => {
    await store.put('a', bytes('before'))
    disk.problem = 'ENOSPC'
    await expect(store.put('a', bytes('after that'))).rejects.toMatchObject({
      code: 'ERR_STORAGE_FULL',
      message: expect.stringMatching(/media: writing a failed: no space left \(ENOSPC\)\. Free some/),
    })
    disk.problem = undefined
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('before')
    expect(files(root)).toEqual(['a'])
    await store.put('a', bytes('after that'))
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('after that')
  })

  it('says what passes by itself and what does not', async () => {
    for (const [problem, code, transient] of [
      ['EMFILE', 'ERR_STORAGE_AWAY', true],
      ['EROFS', 'ERR_STORAGE_DENIED', false],
      ['EIO', 'ERR_STORAGE_FAILED', false],
    ] as const) {
      disk.problem = problem
      await expect(store.put('a', bytes('xx')), problem).rejects.toMatchObject({ code, transient })
    }
    // what a disk that cannot be written to any more has of the file
    expect(files(root)).toEqual([expect.stringMatching(/\.skein-.*\.tmp$/)])
  })

  it('removes what a killed process left a day ago, and nothing else', async () => {
    mkdirSync(join(root, '.skein-tmp'), { recursive: true })
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000)
    for (const [name, written] of [
      ['.skein-0123456789abcdef.tmp', old],
      ['.skein-0123456789abcde0.tmp', new Date(Date.now() - 23 * 60 * 60 * 1000)],
      ['of-somebody-else.tmp', old],
    ] as const) {
      writeFileSync(join(root, '.skein-tmp', name), 'half')
      utimesSync(join(root, '.skein-tmp', name), written, written)
    }
    await store.check()
    expect(files(join(root, '.skein-tmp'))).toEqual(['.skein-0123456789abcde0.tmp', 'of-somebody-else.tmp'])
  })

  it('takes its folder of what is not whole away when it is closed, whoever else writes there', async () => {
    const other = await openObjectStore(root)
    for (let n = 0; n < 50; n++) await Promise.all([store.put(`${n}`, bytes('x')), other.put(`b${n}`, bytes('x')), other.close()])
    await store.close()
    expect(readdirSync(root)).toHaveLength(100)
  })

  it('may have another disk mounted in it', async () => {
    await store.put('other/a', bytes('across'))
    expect(readFileSync(join(root, 'other/a'), 'utf8')).toBe('across')
    expect(files(root)).toEqual(['other', 'other/a'])
  })

  it('puts a file again that another swept away while this process slept', async () => {
    disk.swept = true
    await store.put('full/a', bytes('x'))
    expect(readFileSync(join(root, 'full/a'), 'utf8')).toBe('x')
    expect(disk.swept).toBe(false)
  })

  it('says when the folder is gone, and does not make another in its place', async () => {
    await store.put('full/a', bytes('x'))
    rmSync(root, { recursive: true })
    await expect(store.put('full/a', bytes('x'))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' })
    expect(files()).toEqual([])
  })

  it('is refused before the crawl where there is no folder to be had', async () => {
    writeFileSync(join(base, 'file'), '')
    for (const path of [join(base, 'file'), join(base, 'file/below'), '/proc/nothing/here'])
      await expect((await openObjectStore(path)).check()).rejects.toMatchObject({
        code: /^ERR_STORAGE_/,
        message: expect.stringContaining(path),
      })
  })
})
