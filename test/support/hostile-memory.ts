import { fork } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { Config } from '../../src/index.ts'

/** What a crawl in a process of its own came to. */
export interface Measured {
  readonly byPath: Readonly<Record<string, string>>
  readonly healthy: Readonly<Record<string, number>>
  /** Bytes of the largest body that came to a callback. */
  readonly largest: number
  /** Bytes of memory (RSS) at most, beyond what the process had before. */
  readonly peak: number
  /** Bytes of memory (RSS) after the crawl and a collection, beyond what the process had before. */
  readonly after: number
  /** Bytes outside of the heap after the crawl: buffers that somebody still holds. */
  readonly external: number
}

const root = resolve(import.meta.dirname, '../..')

/** A program that crawls and measures, made from the sources as they are. */
export interface MeasuringProgram {
  measure(urls: readonly string[], config?: Config): Promise<Measured>
  remove(): void
}

/** Makes it. Packages are found from where it is put. */
export async function measuringProgram(): Promise<MeasuringProgram> {
  const folder = join(root, 'node_modules', '.cache', `skein-hostile-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const program = join(folder, 'child.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'hostile-child.ts')],
    outfile: program,
    bundle: true,
    packages: 'external',
    loader: { '.lua': 'text' },
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return {
    measure: (urls, config = {}) =>
      new Promise((done, reject) => {
        const child = fork(program, [JSON.stringify({ urls, config })], { execArgv: ['--expose-gc'] })
        child.once('message', (measured) => done(measured as Measured))
        child.once('exit', (code) => reject(new Error(`the crawl ended with ${code} and without a word`)))
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
