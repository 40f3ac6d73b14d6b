import { SkeinError } from '../../../errors.ts'
import { describeValue } from '../../../http/describe-value.ts'
import { encodeText } from '../../../http/encode-text.ts'
import { bytesToBinary, quoteBinary, UNRESERVED_BYTES } from '../../../url/percent.ts'
import { safeUrl } from '../../../url/safe-url.ts'
import { joinUrl, splitReference } from '../../../url/split-url.ts'

/**
 * Form fields as Scrapy's FormRequest writes them: a value is text, or a list of texts, which is the field several times. Of an object the keys
 * are taken, as there. Throws `ERR_REQUEST_OPTION` for a field of anything else.
 *
 * @example
 * encodeForm([['q', 'café &='], ['tag', ['a', 'b']]], 'utf-8') // 'q=caf%C3%A9+%26%3D&tag=a&tag=b'
 */
export function encodeForm(fields: readonly (readonly [name: string, value: unknown])[], encoding: string): string {
  return fields
    .flatMap(([name, value]) => valuesOf(value).map((one) => `${quote(name, name, encoding)}=${quote(name, one, encoding)}`))
    .join('&')
}

/** The URL with another query; fragment and all else stay. */
export function withQuery(url: string, query: string, encoding: string): string {
  return joinUrl({ ...splitReference(safeUrl(url, { encoding }), ''), query })
}

function valuesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? Object.keys(value) : [value]
}

function quote(name: string, text: unknown, encoding: string): string {
  if (typeof text !== 'string' || !text.isWellFormed()) {
    throw new SkeinError(
      'ERR_REQUEST_OPTION',
      `Expected the form field \`${name.slice(0, 60)}\` to be text or a list of texts, got ${describeValue(text)}.`,
    )
  }
  return quoteBinary(bytesToBinary(encodeText(text, encoding)), UNRESERVED_BYTES, true)
}
