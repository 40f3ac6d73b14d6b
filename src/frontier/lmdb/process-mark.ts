import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Which process on which machine holds a session. */
export interface ProcessMark {
  readonly host: string
  /** Of the machine's start; empty where the system does not tell. */
  readonly boot: string
  /** What its number counts in: containers number their processes on their own. */
  readonly space: string
  readonly pid: number
  /** When it was started, in the system's own measure: numbers are given again. */
  readonly started: string
}

/** The mark of this process. */
export function ownMark(): ProcessMark {
  return { host: hostname(), boot: bootId(), space: pidSpace(), pid: process.pid, started: statusOf(process.pid)?.started ?? '' }
}

/** Whether a process is known to be over. False where that cannot be known from here. */
export function isOver(mark: ProcessMark, own: ProcessMark): boolean {
  if (mark.host !== own.host || mark.space !== own.space) return false
  if (mark.boot !== own.boot) return true
  if (!exists(mark.pid)) return true
  const status = statusOf(mark.pid)
  return status !== undefined && mark.started !== '' && (status.started !== mark.started || status.isZombie)
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** From Linux' /proc: the fields behind the command, which may have blanks and brackets in it, begin with the third. */
function statusOf(pid: number): { readonly started: string; readonly isZombie: boolean } | undefined {
  const text = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (text === '') return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { started: fields[19] ?? '', isZombie: fields[0] === 'Z' || fields[0] === 'X' }
}

const bootId = (): string => read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
const pidSpace = (): string => read(() => readlinkSync('/proc/self/ns/pid'))

function read(what: () => string): string {
  try {
    return what()
  } catch {
    return ''
  }
}
