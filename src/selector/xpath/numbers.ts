const numeral = /^[ \t\r\n]*(-?(?:\d+(?:\.\d*)?|\.\d+))[ \t\r\n]*$/

/**
 * XPath 1.0 §4.4: a decimal numeral with an optional minus and white space around it, anything else is NaN. No plus sign, no exponent (libxml2
 * takes an exponent).
 */
export function stringToNumber(text: string): number {
  const found = numeral.exec(text)
  return found === null ? Number.NaN : Number(found[1])
}

/** XPath 1.0 §4.2: never an exponent, no `.0`, no negative zero. */
export function numberToString(value: number): string {
  if (value === 0) return '0'
  const text = String(value)
  const exponentAt = text.indexOf('e')
  if (exponentAt < 0) return text
  const sign = value < 0 ? '-' : ''
  const mantissa = text.slice(sign.length, exponentAt)
  const exponent = Number(text.slice(exponentAt + 1))
  const digits = mantissa.replace('.', '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return sign + digits.padEnd(exponent + 1, '0')
}
