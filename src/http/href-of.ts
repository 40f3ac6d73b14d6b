import type { Selector } from '../selector/selector.ts'
import { urlOf } from './response.ts'

const WITH_HREF: ReadonlySet<string> = new Set(['a', 'area', 'link'])

/** @internal The URL a selector stands for: the href of a link element, the value of an attribute, a text. */
export function hrefOf(selector: Selector): string | undefined {
  const root: unknown = selector.root
  if (typeof root === 'string') return urlOf(root)
  if (typeof root !== 'object' || root === null) return undefined
  const node = root as { type?: unknown; name?: unknown; attribs?: Record<string, string>; value?: unknown; data?: unknown }
  let url: unknown
  if (node.type === 'tag' && WITH_HREF.has(node.name as string)) url = node.attribs?.['href']
  else if (node.type === 'attribute') url = node.value
  else if (node.type === 'text') url = node.data
  return typeof url === 'string' ? urlOf(url) : undefined
}
