import * as parse5 from 'parse5'
import { expect, it } from 'vitest'
import { FORMATTING_TAGS, HTML_NAMESPACE, InsertionMode, TokenizerMode, TokenType, UNKNOWN_TAG } from './parse5-codes.ts'

it('our copies of the codes are those of parse5', () => {
  expect(parse5.TokenizerMode).toMatchObject(TokenizerMode)
  expect(parse5.Token.TokenType).toMatchObject(TokenType)
  expect(parse5.InsertionMode).toMatchObject(InsertionMode)
  expect(parse5.html.TAG_ID.UNKNOWN).toBe(UNKNOWN_TAG)
  expect(parse5.html.NS.HTML).toBe(HTML_NAMESPACE)
  for (const [name, id] of Object.entries(FORMATTING_TAGS)) expect(parse5.html.getTagID(name)).toBe(id)
})
