import fc from 'fast-check'
import type { FormatOptions, TextFormatName } from '../../src/feed/contract.ts'
import { renderItems } from '../../src/feed/render-items.ts'

/** Any value that JSON has a form for, of any characters. */
export const anyJson: fc.Arbitrary<fc.JsonValue> = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })

/** The text of a whole feed with these items. */
export function renderText(items: readonly object[], format: TextFormatName, options: FormatOptions = {}): string {
  return Buffer.from(renderItems(items, format, options)).toString()
}
