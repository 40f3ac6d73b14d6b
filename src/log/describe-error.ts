/** Causes beyond this many are left out: a chain may be endless. */
const MAX_CAUSES = 8
/** Members of an AggregateError that are shown. */
const MAX_MEMBERS = 5

/**
 * An error as lines of text: its stack without Node's own frames, then each cause in the same way. Anything else that was thrown is
 * said to be no error, and shown.
 */
export function describeError(error: unknown): string[] {
  const lines: string[] = []
  const seen = new Set<unknown>()
  let cause: unknown = error
  while (cause !== undefined && cause !== null && seen.size < MAX_CAUSES && !seen.has(cause)) {
    seen.add(cause)
    const own = oneError(cause)
    lines.push(...(seen.size === 1 ? own : [`caused by ${own[0]}`, ...own.slice(1)]))
    if (cause instanceof AggregateError) {
      for (const member of (cause.errors as unknown[]).slice(0, MAX_MEMBERS)) lines.push(`  - ${headline(member)}`)
      if (cause.errors.length > MAX_MEMBERS) lines.push(`  - and ${cause.errors.length - MAX_MEMBERS} more`)
    }
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return lines.length > 0 ? lines : [String(error)]
}

/** The first line of an error: its name, its code where it has one, and its message. */
export function headline(error: unknown): string {
  if (!(error instanceof Error)) return `a value that is no Error was thrown: ${shown(error)}`
  const code = (error as { code?: unknown }).code
  // messages of the system begin with their code already
  const shownCode = typeof code === 'string' && !error.message.includes(code) ? ` [${code}]` : ''
  return `${error.name || 'Error'}${shownCode}: ${error.message}`
}

function oneError(error: unknown): string[] {
  const first = headline(error)
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : ''
  // the head of a stack repeats name and message, over as many lines as the message has; frames begin after it
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !/[( ]node:/.test(line))
  return [...first.split('\n'), ...frames.map((frame) => `    ${frame.trim()}`)]
}

function shown(value: unknown): string {
  try {
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
