import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server that a test has started. */
export interface GuardedProcess {
  readonly pid: number
  readonly exited: Promise<void>
  /** What it ended with; undefined while it runs. */
  readonly code: () => number | null | undefined
  /** What it wrote, the last 10,000 characters. */
  readonly output: () => string
  /** Sends a signal; those that end the process are waited for. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Ports below those that the system hands out to outgoing connections: a server that is killed finds its own free when it comes back. */
export const randomPort = (): number => 12_000 + Math.floor(Math.random() * 9_900)

// The server ends with the process that started it, however that ends: its end of the pipe is closed then
const GUARD = `exec 3<&0
"$@" </dev/null 3<&- &
pid=$!
{ cat <&3 >/dev/null; trap '' TERM; kill -9 $pid; [ -z "$REMOVE" ] || { sleep 0.2; rm -rf "$REMOVE"; }; } 2>/dev/null &
guard=$!
exec 3<&-
echo "pid $pid"
wait $pid
code=$?
kill $guard 2>/dev/null
exit $code`

/**
 * Starts a server that ends with this process.
 *
 * @param remove a folder that is removed when this process ends before the server
 */
export async function startGuarded(
  command: string,
  args: readonly string[],
  options: {
    readonly remove?: string
    readonly env?: Readonly<Record<string, string>>
    readonly uid?: number
    readonly gid?: number
  } = {},
): Promise<GuardedProcess> {
  const { remove = '', env = {}, uid, gid } = options
  const child = spawn('sh', ['-c', GUARD, 'sh', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env, REMOVE: remove },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  let code: number | null | undefined
  let output = ''
  const exited = once(child, 'exit').then(([status]) => {
    code = status as number | null
    child.stdin.destroy()
  })
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-10_000)
  }
  child.stderr.on('data', keep)
  const lines = createInterface({ input: child.stdout })
  const pid = await new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      const match = /^pid (\d+)$/.exec(line)
      if (match === null) keep(Buffer.from(`${line}\n`))
      else resolve(Number(match[1]))
    })
  })
  return {
    pid,
    exited,
    code: () => code,
    output: () => output,
    async kill(signal) {
      if (code !== undefined) return
      try {
        process.kill(pid, signal)
      } catch (error) {
        // it is over, and its shell is about to tell
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exited
    },
  }
}
