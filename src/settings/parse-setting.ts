import { defaultSettings, type Settings } from './settings.ts'

/**
 * A value from the command line or the environment, by the type of the setting's default: `true`, `false`, `1` and `0`; numbers; JSON for
 * lists and objects, and `404,500` for a list of numbers; anything else is the text itself. `null` goes back to the default.
 *
 * What cannot be read is returned as the text it is, for the setting's check to complain about.
 */
export function parseSetting(name: keyof Settings, text: string): unknown {
  const fallback: unknown = defaultSettings[name]
  if (text === 'null') return fallback
  switch (typeof fallback) {
    case 'boolean':
      if (/^(true|1)$/i.test(text)) return true
      return /^(false|0)$/i.test(text) ? false : text
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text
    case 'object':
      return parseJson(text)
    default:
      return text
  }
}

function parseJson(text: string): unknown {
  if (/^\s*\d+(\s*,\s*\d+)*\s*$/.test(text)) return text.split(',').map(Number)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
