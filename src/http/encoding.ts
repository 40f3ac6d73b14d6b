import { isAscii, isUtf8 } from 'node:buffer'
import { declaredEncoding } from './declared-encoding.ts'
import { resolveEncoding } from './encoding-names.ts'

/**
 * The encoding of a text: what was given, or else a byte order mark, the header, a declaration in the first 4096 bytes, and last the bytes
 * themselves: `windows-1252` for pure ASCII, `utf-8` for valid UTF-8, and `windows-1252` for anything else (the order and the outcome are
 * Scrapy's).
 *
 * @param contentType the value of the Content-Type header
 */
export function detectEncoding(body: Buffer, contentType?: string): string {
  return bomEncoding(body) ?? headerEncoding(contentType) ?? declaredEncoding(body) ?? guessEncoding(body)
}

/** The encoding that a byte order mark tells. */
export function bomEncoding(body: Buffer): string | undefined {
  switch (body[0]) {
    case 0xef:
      return body[1] === 0xbb && body[2] === 0xbf ? 'utf-8' : undefined
    case 0xff:
      if (body[1] !== 0xfe) return undefined
      return body.length >= 4 && body[2] === 0 && body[3] === 0 ? 'utf-32le' : 'utf-16le'
    case 0xfe:
      return body[1] === 0xff ? 'utf-16be' : undefined
    case 0:
      return body[1] === 0 && body[2] === 0xfe && body[3] === 0xff ? 'utf-32be' : undefined
    default:
      return undefined
  }
}

/** A parameter of a media type; what stands in quotes is its value, whatever it looks like. */
const PARAMETER = /(?:^|;)[ \t]*([^\s;=]+)=(?:"((?:[^"\\]|\\.)*)"(?![^\s;,])|([^;,\s]*))/g
const LABEL = /^[\w-]+$/

/** The encoding that a Content-Type header names, if it names one that is known. */
export function headerEncoding(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined
  for (const [, name, quoted, token] of contentType.matchAll(PARAMETER)) {
    const label = quoted ?? token!
    if (name!.toLowerCase() === 'charset' && LABEL.test(label)) return resolveEncoding(label)
  }
  return undefined
}

function guessEncoding(body: Buffer): string {
  return !isAscii(body) && isUtf8(body) ? 'utf-8' : 'windows-1252'
}
