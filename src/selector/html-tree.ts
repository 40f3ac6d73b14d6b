import type { Tokenizer } from 'parse5'
import type { Document } from './dom.ts'
import { parse5 } from './html/parse5.ts'
import { HtmlTokenizer } from './html/tokenizer.ts'
import { type LeanTree, leanTreeAdapter } from './tree-adapter.ts'

const options = { treeAdapter: leanTreeAdapter, scriptingEnabled: false }

/**
 * The tree of an HTML page, as the HTML standard builds it: any text makes a tree with `html`, `head` and `body`, and nothing throws.
 * Scripting counts as off, so what is inside of `<noscript>` are elements. Time and heap are linear in the length of the page, at any
 * depth of nesting.
 */
export function parseHtml(text: string): Document {
  const { Parser } = parse5()
  const parser = new Parser<LeanTree>(options)
  const tokenizer = new HtmlTokenizer(parser, text)
  // the parser touches nothing else of its tokenizer
  parser.tokenizer = tokenizer satisfies Pick<Tokenizer, 'state' | 'inForeignNode'> as unknown as Tokenizer
  tokenizer.run()
  return parser.document
}
