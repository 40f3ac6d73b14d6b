const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700

/**
 * The Punycode form of a host label (RFC 3492 §6.3), without the `xn--` in front.
 *
 * @example
 * punycode('bücher') // 'bcher-kva'
 */
export function punycode(label: string): string {
  const codePoints = Array.from(label, (char) => char.codePointAt(0)!)
  let output = ''
  for (const code of codePoints) if (code < 0x80) output += String.fromCharCode(code)
  const basicCount = output.length
  if (basicCount > 0) output += '-'

  let handled = basicCount
  let threshold = 0x80
  let delta = 0
  let bias = 72
  while (handled < codePoints.length) {
    let next = Number.POSITIVE_INFINITY
    for (const code of codePoints) if (code >= threshold && code < next) next = code
    delta += (next - threshold) * (handled + 1)
    threshold = next
    for (const code of codePoints) {
      if (code < threshold) delta++
      if (code !== threshold) continue
      output += variableLengthInteger(delta, bias)
      bias = adapt(delta, handled + 1, handled === basicCount)
      delta = 0
      handled++
    }
    delta++
    threshold++
  }
  return output
}

function variableLengthInteger(value: number, bias: number): string {
  let output = ''
  let rest = value
  for (let k = BASE; ; k += BASE) {
    const t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias
    if (rest < t) return output + digit(rest)
    output += digit(t + ((rest - t) % (BASE - t)))
    rest = Math.floor((rest - t) / (BASE - t))
  }
}

/** 0-25 are a-z, 26-35 are 0-9. */
function digit(value: number): string {
  return String.fromCharCode(value < 26 ? value + 97 : value + 22)
}

function adapt(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / DAMP) : delta >> 1
  rest += Math.floor(rest / count)
  let k = 0
  while (rest > ((BASE - T_MIN) * T_MAX) >> 1) {
    rest = Math.floor(rest / (BASE - T_MIN))
    k += BASE
  }
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}
