import { expect, test } from 'vitest'
import { environmentLayer, environmentName } from './environment.ts'
import { collectSettings } from './resolve-settings.ts'
import { defaultSettings } from './settings.ts'

test('every setting has a variable of its own', () => {
  const names = Object.keys(defaultSettings).map(environmentName)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toContain('SKEIN_LOG_LEVEL')
  expect(names).toContain('SKEIN_HTTP2')
  expect(names).toContain('SKEIN_MAX_RESPONSE_SIZE')
})

test('variables are read as text, others are left alone', () => {
  const { settings, problems } = collectSettings([
    environmentLayer({ SKEIN_LOG_LEVEL: 'debug', SKEIN_DELAY: '2', DELAY: '9', PATH: '/bin' }),
  ])
  expect(problems).toEqual([])
  expect(settings).toEqual({ ...defaultSettings, logLevel: 'debug', delay: 2 })
})

test('an empty variable is absent', () => {
  expect(collectSettings([environmentLayer({ SKEIN_DELAY: '', SKEIN_LOG_FILE: undefined })]).settings).toEqual(defaultSettings)
})

test('a misspelt variable is answered with the right one', () => {
  const { problems } = collectSettings([environmentLayer({ SKEIN_LOG_LEVL: 'debug' })])
  expect(problems).toHaveLength(1)
  expect(problems[0]?.message).toContain('did you mean `SKEIN_LOG_LEVEL`?')
})
