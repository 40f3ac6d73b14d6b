import { PYTHON_LABELS } from './encoding-labels.ts'

/** Labels are words that pages choose: the table of those met must not grow with the crawl. */
const MAX_KNOWN = 500
const known = new Map<string, string | undefined>()
let python: Map<string, string> | undefined

/**
 * The encoding that a label of the web or of Python means, under the name of the Encoding Standard in lower case (`windows-1252`, `shift_jis`), or
 * Python's where the standard has none (`cp437`, `utf-32be`). `undefined` for a label that means nothing.
 *
 * Where the two differ Python wins, as in Scrapy, with its translations: `gbk` is `gb18030`, and `utf-16` without a byte order mark is big-endian.
 *
 * @example
 * resolveEncoding('latin1') // 'windows-1252'
 * resolveEncoding('x-sjis') // 'shift_jis'
 */
export function resolveEncoding(label: string): string | undefined {
  let name = known.get(label)
  if (name === undefined && !known.has(label)) {
    name = resolve(label)
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(label, name)
  }
  return name
}

/** Whether a label means an encoding. */
export function isEncoding(label: string): boolean {
  return label === 'utf-8' || resolveEncoding(label) !== undefined
}

function resolve(label: string): string | undefined {
  if (label.length > 60) return undefined
  const trimmed = label.trim().toLowerCase()
  if (trimmed === 'x-user-defined') return trimmed
  if (python === undefined) {
    python = new Map()
    for (const [name, labels] of Object.entries(PYTHON_LABELS)) for (const one of labels.split(' ')) python.set(one, name)
  }
  const name = python.get(trimmed.replace(/[^a-z0-9.]+/g, '_').replace(/^_/, ''))
  if (name !== undefined) return name
  try {
    const { encoding } = new TextDecoder(trimmed)
    // `unicode` and its like: who writes them seldom sends UTF-16, and Python does not know them
    return encoding.startsWith('utf-16') ? undefined : encoding
  } catch {
    return undefined
  }
}
