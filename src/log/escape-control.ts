// C0 and C1 controls and DEL (line breaks, terminal escapes), line and paragraph separators, and the marks that turn text around
const controls = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const anyControl = new RegExp(controls.source)

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * The text with everything visible that could end a line, move a cursor or turn text around: what a page says cannot pose as a line of
 * the log, nor speak to the terminal.
 *
 * @example
 * escapeControl('a\n2026-11-22 ERROR') // 'a\\n2026-11-22 ERROR'
 */
export function escapeControl(text: string): string {
  if (!anyControl.test(text)) return text
  return text.replace(controls, (c) => short[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
