import type { Scanner } from './scanner.ts'

// https://www.w3.org/TR/css-syntax-3/#anb-microsyntax
const pattern = /(odd|even)|([+-]?\d*)n(?:[ \t\r\n\f]*([+-])[ \t\r\n\f]*(\d+))?|([+-]?\d+)/iy

/** Reads the argument of `:nth-child()`: `2n+1` is a step of 2 from an offset of 1. */
export function parseNth(scanner: Scanner): { step: number; offset: number } {
  pattern.lastIndex = scanner.at
  const match = pattern.exec(scanner.text)
  if (!match) scanner.fail('odd, even, a number, or a form such as 2n+1')
  scanner.at += match[0].length
  const [, word, step, sign, distance, single] = match
  if (word !== undefined) return { step: 2, offset: word.toLowerCase() === 'odd' ? 1 : 0 }
  if (single !== undefined) return { step: 0, offset: Number(single) }
  const factor = step === '' || step === '+' ? 1 : step === '-' ? -1 : Number(step)
  return { step: factor, offset: distance === undefined ? 0 : Number(`${sign}${distance}`) }
}

/** Whether `ordinal` (from 1) is one of offset, offset + step, offset + 2 step ... */
export function isNth(ordinal: number, step: number, offset: number): boolean {
  const distance = ordinal - offset
  return step === 0 ? distance === 0 : distance % step === 0 && distance / step >= 0
}
