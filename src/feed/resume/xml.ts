import { type Continuation, cannotAppend, type ExistingFile } from './continuation.ts'
import { windowOf } from './window.ts'

const WINDOW = 64 * 1024

/** The elements of the document. */
export interface XmlElements {
  readonly rootElement: string
  readonly itemElement: string
}

/**
 * How an XML document goes on: behind its last item, the closing tag being overwritten. Undefined for one without items, which is
 * written anew.
 *
 * @throws UsageError `ERR_FEED_APPEND` for a document with another root or encoding, or one that broke off.
 */
export async function resumeXml(
  file: ExistingFile,
  { rootElement, itemElement }: XmlElements,
): Promise<Continuation | undefined> {
  if (file.gzip) {
    throw cannotAppend(
      file.path,
      'a compressed XML document cannot be reopened at its end. Append to a .jsonl.gz or an uncompressed .xml',
    )
  }
  const head = (await windowOf(file.path, 0, Math.min(WINDOW, file.size))).toString()
  if (head.trim() === '') return undefined
  const encoding = /^\ufeff?<\?xml[^>]*\bencoding\s*=\s*["']([^"']+)/.exec(head)?.[1] ?? 'utf-8'
  if (!/^(utf-?8|us-ascii)$/i.test(encoding))
    throw cannotAppend(file.path, `it is written in ${encoding}; feeds are written in utf-8`)
  const root = /^\ufeff?\s*(?:<\?[\s\S]*?\?>\s*|<!--[\s\S]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<([^\s/>]+)[^>]*>/.exec(head)
  if (root?.[1] !== rootElement) {
    const found = root === null ? 'no XML document' : `a document with the root <${root[1]}>`
    throw cannotAppend(file.path, `it holds ${found}, and the feed's root is <${rootElement}>. Set the feed's "rootElement"`)
  }
  const start = Math.max(0, file.size - WINDOW)
  const tail = (await windowOf(file.path, start, file.size)).toString('latin1')
  const close = new RegExp(`(</${escaped(rootElement)}\\s*>)\\s*$`).exec(tail)
  if (close === null && /\/>\s*$/.test(root[0]) && head.slice(root[0].length).trim() === '') return undefined
  const before = close === null ? '' : tail.slice(0, close.index).trimEnd()
  const rootEnd = Buffer.byteLength(root[0])
  if (close !== null && start + before.length <= rootEnd) return undefined
  if (close === null || !new RegExp(`</${escaped(itemElement)}\\s*>$`).test(before)) {
    const reason = `it does not end with </${itemElement}> and </${rootElement}>: it broke off, or is no feed of these items`
    throw cannotAppend(file.path, `${reason}. Cut it behind its last whole item and write </${rootElement}> there`)
  }
  return { position: start + close.index, lead: '' }
}

/** Of the characters of a name only the full stop means something to a pattern. */
function escaped(name: string): string {
  return name.replaceAll('.', '\\.')
}
