import { expect, test } from 'vitest'
import { SkeinError } from '../errors.ts'
import { describeError, headline } from './describe-error.ts'

test('the frame that threw is shown, Node’s own are not', () => {
  const lines = describeError(new Error('boom'))
  expect(lines[0]).toBe('Error: boom')
  expect(lines[1]).toContain('describe-error.test')
  expect(lines.join('\n')).not.toContain('node:internal')
})

test('a code is shown once', () => {
  expect(headline(new SkeinError('ERR_X', 'gone'))).toBe('SkeinError [ERR_X]: gone')
  expect(headline(Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }))).toBe('Error: ENOENT: no such file')
})

test('causes are shown in turn, a circle and an endless chain come to an end', () => {
  const a = new Error('a')
  const b = new Error('b', { cause: a })
  a.cause = b
  const heads = describeError(a).filter((line) => !line.startsWith('    at'))
  expect(heads).toEqual(['Error: a', 'caused by Error: b'])

  let chain = new Error('0')
  for (let i = 1; i < 1000; i++) chain = new Error(String(i), { cause: chain })
  expect(describeError(chain).filter((line) => line.startsWith('caused by'))).toHaveLength(7)
})

test('members of an AggregateError are named, not all of them', () => {
  const members = Array.from({ length: 9 }, (_, i) => new Error(`connect ${i}`))
  const lines = describeError(new AggregateError(members, 'all failed'))
  expect(lines).toContain('  - Error: connect 4')
  expect(lines).toContain('  - and 4 more')
  expect(lines).not.toContain('  - Error: connect 5')
})

test.each([[undefined], [null], [0], ['text'], [{ a: 1 }]])('%j thrown is no error', (value) => {
  expect(describeError(value)).toHaveLength(1)
})

test('an error without a stack is shown by its message', () => {
  const error = new Error('no stack')
  delete error.stack
  expect(describeError(error)).toEqual(['Error: no stack'])
})
