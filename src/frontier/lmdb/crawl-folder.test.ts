import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimFolder } from './crawl-folder.ts'
import { openStore } from './crawl-store.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'skein-folder-'))
  folder = join(root, 'deep/er')
})
afterEach(() => rmSync(root, { recursive: true }))

const label = (text: string): void => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'skein-crawl.json'), text)
}

describe('a folder', () => {
  it('is made, labelled, and found again', () => {
    expect(claimFolder(folder, 'quotes')).toBe(undefined)
    expect(JSON.parse(readFileSync(join(folder, 'skein-crawl.json'), 'utf8'))).toEqual({ format: 2, spider: 'quotes' })
    expect(claimFolder(folder, 'quotes')).toBe(undefined)
    expect(readdirSync(folder)).toEqual(['skein-crawl.json'])
  })

  it('may be there, empty, or as far as somebody came who was killed', async () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'skein-crawl.json.4711'), '{"for')
    claimFolder(folder, 'quotes')
    writeFileSync(join(folder, 'data.mdb'), '')
    claimFolder(folder, 'quotes')
    const store = await openStore(folder, 'process')
    await store.close()
    claimFolder(folder, 'quotes')
  })

  it.each<[string, () => void, string, RegExp]>([
    [
      'with files of others',
      () => mkdirSync(join(folder, 'src'), { recursive: true }),
      'ERR_JOB_DIR',
      /other files in it \(src\).*empty folder/,
    ],
    [
      'that is a JOBDIR of Scrapy',
      () => mkdirSync(join(folder, 'requests.queue'), { recursive: true }),
      'ERR_JOB_DIR',
      /JOBDIR of Scrapy/,
    ],
    ['of another spider', () => label('{"format":2,"spider":"books"}'), 'ERR_JOB_SPIDER', /spider books, and this is quotes/],
    ['of an earlier version', () => label('{"format":1,"spider":"quotes"}'), 'ERR_CRAWL_FORMAT', /\(1, here it is 2\)/],
    ['of a later version', () => label('{"format":3,"spider":"quotes"}'), 'ERR_CRAWL_FORMAT', /\(3, here it is 2\)/],
    ['whose label is cut', () => label('{"format":1,"spi'), 'ERR_JOB_DAMAGED', /does not say whose.*Delete the folder/],
    ['whose label is something else', () => label('[]'), 'ERR_JOB_DAMAGED', /does not say whose/],
    ['that is a file', () => file(), 'ERR_JOB_DIR', /a file in its way/],
    ['below a file', () => writeFileSync(join(root, 'deep'), ''), 'ERR_JOB_DIR', /a file in its way/],
    [
      'with a file that LMDB would fall over',
      () => damage(Buffer.alloc(100_000, 'no tree ')),
      'ERR_JOB_DAMAGED',
      /data\.mdb is no database/,
    ],
    ['with a file that is shorter than its head', () => damage(Buffer.from('x')), 'ERR_JOB_DAMAGED', /is no database/],
  ])('%s is refused, and left alone', (_, prepare, code, message) => {
    prepare()
    const before = existsSync(folder) && tree(root)
    const error = problemOf(folder)
    expect(error).toMatchObject({ code })
    expect(error.message).toMatch(message)
    expect(existsSync(folder) && tree(root)).toEqual(before)
  })

  it('that cannot be made is refused', () => {
    // root may write wherever the system lets anybody
    expect(problemOf('/proc/crawl')).toMatchObject({ code: 'ERR_JOB_DIR' })
    expect(problemOf(join(root, 'x'.repeat(300))).message).toMatch(/its name is too long/)
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o500)
    if (process.getuid?.() !== 0) expect(problemOf(folder).message).toMatch(/writing there is not allowed/)
  })
})

function file(): void {
  mkdirSync(join(root, 'deep'))
  writeFileSync(folder, '')
}

function damage(data: Buffer): void {
  label('{"format":2,"spider":"quotes"}')
  writeFileSync(join(folder, 'data.mdb'), data)
}

function tree(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
}

function problemOf(path: string): Error {
  try {
    claimFolder(path, 'quotes')
  } catch (error) {
    return error as Error
  }
  throw new Error(`${path} was taken`)
}
