import type { html, InsertionMode as Parse5InsertionMode, TokenizerMode as Parse5TokenizerMode, Token } from 'parse5'

// The codes of parse5 that are needed before parse5 is: the test beside this file holds them against the originals.

/** How the parser wants what follows to be read. */
export const TokenizerMode: Pick<typeof Parse5TokenizerMode, 'DATA' | 'RCDATA' | 'PLAINTEXT'> = {
  DATA: 0,
  RCDATA: 1,
  PLAINTEXT: 4,
}

/** What a token is. */
export const TokenType: Omit<typeof Token.TokenType, 'HIBERNATION'> = {
  CHARACTER: 0,
  NULL_CHARACTER: 1,
  WHITESPACE_CHARACTER: 2,
  START_TAG: 3,
  END_TAG: 4,
  COMMENT: 5,
  DOCTYPE: 6,
  EOF: 7,
}

/** Where in a document the parser is. */
export const InsertionMode: Pick<
  typeof Parse5InsertionMode,
  'IN_TABLE_TEXT' | 'IN_COLUMN_GROUP' | 'IN_FRAMESET' | 'AFTER_FRAMESET' | 'AFTER_AFTER_FRAMESET'
> = { IN_TABLE_TEXT: 9, IN_COLUMN_GROUP: 11, IN_FRAMESET: 19, AFTER_FRAMESET: 20, AFTER_AFTER_FRAMESET: 22 }

/** The number of a tag that has none. */
export const UNKNOWN_TAG: html.TAG_ID.UNKNOWN = 0

/** The numbers of the tags that the parser opens again where a page closes them too early. */
export const FORMATTING_TAGS: Readonly<Record<string, html.TAG_ID>> = {
  a: 1,
  b: 8,
  big: 12,
  code: 19,
  em: 30,
  font: 35,
  i: 52,
  nobr: 75,
  s: 92,
  small: 98,
  strike: 100,
  strong: 101,
  tt: 117,
  u: 118,
}

/** The namespace of HTML. */
export const HTML_NAMESPACE = 'http://www.w3.org/1999/xhtml'
