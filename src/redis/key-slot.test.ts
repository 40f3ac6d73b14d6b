import { describe, expect, it } from 'vitest'
import { keySlot } from './key-slot.ts'

describe('keySlot', () => {
  // as CLUSTER KEYSLOT of Redis 7.0.15 says
  it.each([
    ['', 0],
    ['123456789', 12_739],
    ['foo', 12_182],
    ['zhihu:start_urls', 2_559],
    ['{zhihu:start_urls}:proc:1', 2_559],
    ['zhihu:requests', 5_607],
  ])('%j is in slot %i', (key, slot) => {
    expect(keySlot(key)).toBe(slot)
  })

  it('takes the tag alone, if there is one', () => {
    expect(keySlot('{user}:a')).toBe(keySlot('user'))
    expect(keySlot('a{user}b{other}')).toBe(keySlot('user'))
    expect(keySlot('{{user}}')).toBe(keySlot('{user'))
    expect(keySlot('{}:a')).not.toBe(keySlot(''))
    expect(keySlot('a{b')).not.toBe(keySlot('b'))
  })
})
