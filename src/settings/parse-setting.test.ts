import { expect, test } from 'vitest'
import { parseSetting } from './parse-setting.ts'
import { defaultSettings } from './settings.ts'

test.each([
  ['retry', 'true', true],
  ['retry', '0', false],
  ['retry', 'FALSE', false],
  ['retry', 'yes', 'yes'],
  ['retry', '', ''],
  ['delay', '1.5', 1.5],
  ['delay', '.5', 0.5],
  ['delay', '1e-2', 0.01],
  ['delay', '-1', -1],
  ['delay', '', ''],
  ['delay', ' ', ' '],
  ['delay', '0x10', '0x10'],
  ['delay', 'Infinity', 'Infinity'],
  ['delay', '1s', '1s'],
  ['userAgent', '007', '007'],
  ['userAgent', 'a=b', 'a=b'],
  ['logFile', '', ''],
  ['retryStatuses', '[500, 429]', [500, 429]],
  ['retryStatuses', '500, 429', [500, 429]],
  ['retryStatuses', '500', [500]],
  ['handleStatus', 'true', true],
  ['slots', '{"a":{"delay":1}}', { a: { delay: 1 } }],
  ['slots', '{a: 1}', '{a: 1}'],
] as const)('%s from %j', (name, text, value) => {
  expect(parseSetting(name, text)).toEqual(value)
})

test('null goes back to the default', () => {
  expect(parseSetting('delay', 'null')).toBe(defaultSettings.delay)
  expect(parseSetting('userAgent', 'null')).toBe(defaultSettings.userAgent)
  expect(parseSetting('retryStatuses', 'null')).toBe(defaultSettings.retryStatuses)
})
