import { type Continuation, cannotAppend, cutAt, type ExistingFile } from './continuation.ts'
import { windowOf } from './window.ts'

const WINDOW = 64 * 1024

/** How the document is written. */
export interface XmlLayout {
  readonly rootElement: string
  readonly itemElement: string
  /** Spaces before an item. */
  readonly indent: number
}

/**
 * How an XML document goes on: behind its last item, the closing tag being overwritten; what broke off behind it is cut away. Undefined
 * for one without items, which is written anew.
 *
 * @throws UsageError `ERR_FEED_APPEND` for a document with another root or encoding, and for one that broke off and is not written as ours.
 */
export async function resumeXml(
  file: ExistingFile,
  { rootElement, itemElement, indent }: XmlLayout,
): Promise<Continuation | undefined> {
  if (file.gzip) {
    throw cannotAppend(
      file.path,
      "a compressed XML document cannot be reopened at its end. Append to a .jsonl.gz or an uncompressed .xml, or give the feed `place: 'atEnd'` in the config",
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
  if (close === null) {
    // an element of that name inside of an item is not the first on its line, or stands further in, or has no line end behind it
    const itemEnd = `${indent === 0 ? '' : `\n${' '.repeat(indent)}`}</${itemElement}>\n`
    const last = await lastIndexIn(file, itemEnd)
    if (last >= 0) return cutAt(last + Buffer.byteLength(itemEnd), file)
  }
  if (close === null || !new RegExp(`</${escaped(itemElement)}\\s*>$`).test(before)) {
    const reason = `it does not end with </${itemElement}> and </${rootElement}>: it broke off, or is no feed of these items`
    throw cannotAppend(file.path, `${reason}. Cut it behind its last whole item and write </${rootElement}> there`)
  }
  return { position: start + close.index, lead: '' }
}

/** Where a text stands last in a file; -1 where it does not. */
async function lastIndexIn({ path, size }: ExistingFile, text: string): Promise<number> {
  const bytes = Buffer.from(text)
  for (let end = size; end > 0; end -= WINDOW) {
    const start = Math.max(0, end - WINDOW)
    const at = (await windowOf(path, start, Math.min(size, end + bytes.length))).lastIndexOf(bytes)
    if (at >= 0) return start + at
  }
  return -1
}

/** A name in a pattern for text that was read byte for byte. Of its characters only the full stop means something there. */
function escaped(name: string): string {
  return Buffer.from(name).toString('latin1').replaceAll('.', '\\.')
}
