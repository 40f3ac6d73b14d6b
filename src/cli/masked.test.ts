import { expect, it } from 'vitest'
import { masked } from './masked.ts'

it('shows settings without the secrets in them', () => {
  expect(masked('http://me:p@ss"word@proxy.test:3128')).toBe('http://***@proxy.test:3128')
  expect(masked('redis://:secret@host/1')).toBe('redis://***@host/1')
  expect(masked('socks5://host:1080')).toBe('socks5://host:1080')
  expect(masked({ 'a.test': { user: 'me', password: 'secret' } })).toEqual({ 'a.test': { user: 'me', password: '***' } })
  expect(masked({ 'a.test': { pfx: 'me.p12', passphrase: 'secret' } })).toEqual({
    'a.test': { pfx: 'me.p12', passphrase: '***' },
  })
  expect(masked({ Authorization: 'Bearer secret', Accept: '*/*', 'X-Gone': null })).toEqual({
    Authorization: '***',
    Accept: '*/*',
    'X-Gone': null,
  })
  expect(masked(['see http://u:p@h/x', 5, true])).toEqual(['see http://***@h/x', 5, true])
})
