import { type Continuation, contentOf, cutAt, type ExistingFile } from './continuation.ts'
import { windowOf } from './window.ts'

/** The longest last line that is looked at. */
const WINDOW = 4 * 1024 * 1024

/**
 * How a JSON lines file goes on: on a new line. A last line that begins as an item and breaks off is what a killed process left of an
 * item whose page was never counted as done; it is cut away, since no reader could read the file with it.
 */
export async function resumeJsonl(file: ExistingFile): Promise<Continuation> {
  const end = file.gzip ? await lastContent(file) : await windowOf(file.path, Math.max(0, file.size - WINDOW), file.size)
  if (end.length === 0 || end.at(-1) === 0x0a) return { position: file.size, lead: '' }
  const start = end.lastIndexOf(0x0a) + 1
  const line = end.subarray(start)
  const lineIsWhole = start > 0 || file.size <= WINDOW
  if (!file.gzip && lineIsWhole && line[0] === 0x7b && !isJson(line)) {
    return cutAt(file.size - line.length, file)
  }
  return { position: file.size, lead: '\n' }
}

async function lastContent(file: ExistingFile): Promise<Buffer> {
  let last: Buffer = Buffer.alloc(0)
  for await (const chunk of contentOf(file)) last = chunk.length > 0 ? chunk : last
  return last
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString())
    return true
  } catch {
    return false
  }
}
