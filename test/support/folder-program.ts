import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { FolderJob } from './folder-worker.ts'

const root = resolve(import.meta.dirname, '../..')

/** A worker as a program of its own, made from the sources as they are. */
export interface FolderProgram {
  start(job: FolderJob): ChildProcess
  /** Starts one that cannot make a file larger than so many blocks of 512 bytes. */
  startCramped(job: FolderJob, blocks: number): ChildProcess
  remove(): void
}

/** Makes it. Packages are found from where it is put. */
export async function folderProgram(): Promise<FolderProgram> {
  const folder = join(root, 'node_modules', '.cache', `skein-folder-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const program = join(folder, 'worker.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'folder-worker.ts')],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return {
    start: (job) => fork(program, [JSON.stringify(job)]),
    // without the trap the system kills it at the first write that does not fit
    startCramped: (job, blocks) =>
      spawn('sh', ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, program, JSON.stringify(job)], {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
