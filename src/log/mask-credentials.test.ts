import { expect, test } from 'vitest'
import { maskCredentials } from './mask-credentials.ts'

test.each([
  ['http://u:p@h/', 'http://***@h/'],
  ['http://u@h/', 'http://***@h/'],
  ['redis://:p@h:6379/0', 'redis://***@h:6379/0'],
  ['http://u:p@q@h/', 'http://***@h/'],
  ['HTTPS://u:p%2F@h', 'HTTPS://***@h'],
  ['see http://u:p@a/ and http://v:q@b/', 'see http://***@a/ and http://***@b/'],
  ['http://h/@user', 'http://h/@user'],
  ['http://h/?mail=a@b', 'http://h/?mail=a@b'],
  ['http://h#a@b', 'http://h#a@b'],
  ['mail a@b, see http://h', 'mail a@b, see http://h'],
  ['a@b', 'a@b'],
])('%s', (text, masked) => {
  expect(maskCredentials(text)).toBe(masked)
})

test('a long text costs its length', () => {
  const hostile = `${'a'.repeat(200_000)}@://${'a://'.repeat(20_000)}`
  expect(maskCredentials(hostile)).toBe(hostile)
})
