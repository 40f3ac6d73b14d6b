import { UsageError } from '../../errors.ts'
import { translatePythonPattern } from '../regex/python-pattern.ts'

/**
 * A pattern for searching: a RegExp, without the flags that would make it remember where it was, or the text of one as Python's `re` has it.
 *
 * @throws UsageError ERR_LINK_OPTION when it is no regular expression; `option` says where it stood
 */
export function toPattern(pattern: string | RegExp, option: string): RegExp {
  if (typeof pattern !== 'string') {
    return pattern.global || pattern.sticky ? new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')) : pattern
  }
  try {
    const { source, flags } = translatePythonPattern(pattern)
    return new RegExp(source, flags)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `LinkExtractor: ${option} has ${JSON.stringify(pattern)}, which is no regular expression (${reason}). Put a backslash before special characters that are meant as they are, or give a RegExp.`
    throw new UsageError('ERR_LINK_OPTION', message, { cause })
  }
}

/** Whether any of the patterns is found in the text. */
export function anyMatches(patterns: readonly RegExp[], text: string): boolean {
  for (const pattern of patterns) if (pattern.test(text)) return true
  return false
}
