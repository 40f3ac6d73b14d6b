import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { UsageError } from '../../errors.ts'

/** Which process holds a spool. A process is known by its number and by when it began, since numbers come again. */
interface Holder {
  readonly host: string
  readonly pid: number
  /** In ticks since the machine started, where that is told (Linux). */
  readonly began: string
}

/**
 * Says that a spool is being written, by a symbolic link beside it that leads nowhere: one that comes to be with its text in it, and only
 * where there is none. A process that died holds nothing any more.
 */
export class SpoolLock {
  readonly #path: string
  #held = true

  private constructor(path: string) {
    this.#path = path
  }

  /** Takes the lock of a spool; undefined when a living process has it. */
  static take(spool: string): SpoolLock | undefined {
    const path = `${spool}.lock`
    const holder: Holder = { host: hostname(), pid: process.pid, began: beganAt(process.pid) ?? '' }
    for (;;) {
      if (link(JSON.stringify(holder), path)) return new SpoolLock(path)
      const found = textOf(path)
      if (found !== undefined && isAlive(found)) return undefined
      setAside(path, found)
    }
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    rmSync(this.#path, { force: true })
  }
}

/** The error for a spool that another process is writing. */
export function busy(uri: string, spool: string): UsageError {
  return new UsageError(
    'ERR_FEED_BUSY',
    `the feed ${uri} is being written by another process (${spool}.lock names it). Give each process a file of its own, for example ` +
      'with %(host)s and %(pid)s in the name; if that process runs no more, on another machine, remove the lock',
  )
}

function link(text: string, path: string): boolean {
  try {
    symlinkSync(text, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Takes a dead process' lock away, unless another process was quicker and the lock is its own by now: that one is put back. */
function setAside(path: string, dead: string | undefined): void {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    // it is gone
    return
  }
  const taken = textOf(aside)
  if (taken !== undefined && taken !== dead) link(taken, path)
  rmSync(aside, { force: true })
}

function isAlive(text: string): boolean {
  let holder: Holder
  try {
    holder = JSON.parse(text) as Holder
  } catch {
    return false
  }
  // of another machine nothing is known
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const began = beganAt(holder.pid)
  return began === undefined || holder.began === '' || began === holder.began
}

/** When a process began; 'dead' for one that only waits for its parent to hear of its end. */
function beganAt(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  // the name, in brackets, may hold anything; behind it the first word is the state, the 20th the time
  const words = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return words?.[0] === 'Z' ? 'dead' : words?.[19]
}

/** What a lock says; undefined for none, and for what is no lock. */
function textOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
