import type { Token } from 'parse5'
import { asciiLower } from './characters.ts'
import { TokenType } from './parse5-codes.ts'

/**
 * The token of a doctype.
 *
 * @param body what stands between `<!doctype` and the next `>`, which ends a doctype wherever it is, inside of quotes too
 * @param closed false when the text ended before a `>`
 * @see https://html.spec.whatwg.org/multipage/parsing.html#doctype-state
 */
export function readDoctype(body: string, closed: boolean): Token.DoctypeToken {
  const token: Token.DoctypeToken = {
    type: TokenType.DOCTYPE,
    name: null,
    forceQuirks: !closed,
    publicId: null,
    systemId: null,
    location: null,
  }
  if (body === ' html') {
    token.name = 'html'
    return token
  }
  const [, name = '', keyword = '', identifiers = ''] = /^[\t\n\f ]*([^\t\n\f ]*)[\t\n\f ]*(public|system|)(.*)$/is.exec(body)!
  if (name === '') token.forceQuirks = true
  else token.name = withoutNul(asciiLower(name))
  if (keyword !== '') readIdentifiers(token, keyword.toLowerCase() === 'public', identifiers)
  else if (identifiers !== '') token.forceQuirks = true
  return token
}

function readIdentifiers(token: Token.DoctypeToken, isPublic: boolean, text: string): void {
  const first = readQuoted(text)
  if (first === undefined) {
    token.forceQuirks = true
    return
  }
  if (isPublic) token.publicId = first.value
  else token.systemId = first.value
  if (!first.closed) token.forceQuirks = true
  else if (first.rest !== '') readRest(token, isPublic, first.rest)
}

/** Behind a public identifier may stand a system identifier. What follows that one is of no account, not even that it is not closed. */
function readRest(token: Token.DoctypeToken, isPublic: boolean, rest: string): void {
  if (!isPublic) {
    token.forceQuirks = false
    return
  }
  const system = readQuoted(rest)
  if (system === undefined) {
    token.forceQuirks = true
    return
  }
  token.systemId = system.value
  if (!system.closed) token.forceQuirks = true
  else if (system.rest !== '') token.forceQuirks = false
}

function readQuoted(text: string): { value: string; closed: boolean; rest: string } | undefined {
  const match = /^[\t\n\f ]*(?:"([^"]*)("?)|'([^']*)('?))[\t\n\f ]*(.*)$/s.exec(text)
  if (match === null) return undefined
  const [, double, doubleEnd, single, singleEnd, rest = ''] = match
  return { value: withoutNul(double ?? single ?? ''), closed: Boolean(doubleEnd || singleEnd), rest }
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '\ufffd')
}
