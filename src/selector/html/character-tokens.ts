import type { Parser, Token } from 'parse5'
import type { LeanTree } from '../tree-adapter.ts'
import { isSpace } from './characters.ts'
import { InsertionMode, TokenType } from './parse5-codes.ts'

/** Where white space is kept and other text is not, so that each must come in a token of its own. */
const sortingModes =
  (1 << InsertionMode.IN_COLUMN_GROUP) |
  (1 << InsertionMode.IN_FRAMESET) |
  (1 << InsertionMode.AFTER_FRAMESET) |
  (1 << InsertionMode.AFTER_AFTER_FRAMESET)

/**
 * Hands text to the parser in as few tokens as the tree allows. The standard knows only single characters; parse5 takes runs of white
 * space, of NUL, and of anything else. White space makes a difference in front of other text (the first visible character opens the body,
 * or goes in front of a table), but behind it only in four modes, so a paragraph is one token and not one for each word and space.
 */
export class CharacterTokens {
  readonly #parser: Parser<LeanTree>
  #visible: Token.CharacterToken = newToken(TokenType.CHARACTER)
  #white: Token.CharacterToken = newToken(TokenType.WHITESPACE_CHARACTER)

  constructor(parser: Parser<LeanTree>) {
    this.#parser = parser
  }

  /** The text at `from` to `to`, which contains no NUL. */
  emit(text: string, from: number, to: number): void {
    let i = from
    while (i < to && isSpace(text.charCodeAt(i))) i++
    if (i > from) this.#emitWhite(text.slice(from, i))
    if (i === to) return
    if (((1 << this.#parser.insertionMode) & sortingModes) === 0) this.#emitVisible(text.slice(i, to))
    else this.#emitSorted(text.slice(i, to))
  }

  /** A text that may contain NUL. The tree leaves it out, but for foreign elements, where it is U+FFFD. */
  emitWithNul(text: string): void {
    let from = 0
    for (let nul = text.indexOf('\0'); nul >= 0; nul = text.indexOf('\0', from)) {
      if (nul > from) this.emit(text, from, nul)
      this.#parser.onNullCharacter({ type: TokenType.NULL_CHARACTER, chars: '\0', location: null })
      from = nul + 1
    }
    if (from < text.length) this.emit(text, from, text.length)
  }

  #emitSorted(text: string): void {
    for (const run of text.match(/[\t\n\f\r ]+|[^\t\n\f\r ]+/g)!) {
      if (isSpace(run.charCodeAt(0))) this.#emitWhite(run)
      else this.#emitVisible(run)
    }
  }

  #emitVisible(chars: string): void {
    const token = this.#visible
    token.chars = chars
    this.#parser.onCharacter(token)
    // text in a table waits in its token for what follows
    if (this.#parser.insertionMode === InsertionMode.IN_TABLE_TEXT) this.#visible = newToken(TokenType.CHARACTER)
  }

  #emitWhite(chars: string): void {
    const token = this.#white
    token.chars = chars
    this.#parser.onWhitespaceCharacter(token)
    if (this.#parser.insertionMode === InsertionMode.IN_TABLE_TEXT) this.#white = newToken(TokenType.WHITESPACE_CHARACTER)
  }
}

function newToken(type: Token.CharacterToken['type']): Token.CharacterToken {
  return { type, chars: '', location: null }
}
