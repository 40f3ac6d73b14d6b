import { describe, expect, test } from 'vitest'
import { scrapyAnswers, scrapyNames } from './scrapy-names.ts'
import { defaultSettings } from './settings.ts'
import { configParts, explainUnknownSetting } from './unknown-setting.ts'

const explain = (name: string) => explainUnknownSetting(name, 'the command line')

describe('names of Scrapy and scrapy-redis', () => {
  test('a counterpart is a name that exists', () => {
    const known = [...Object.keys(defaultSettings), ...configParts]
    for (const ours of Object.values(scrapyNames)) expect(known).toContain(ours)
  })

  test('an answer names only settings that exist', () => {
    const known = new Set([...Object.keys(defaultSettings), ...configParts])
    // words in camelCase between backticks are names of settings, save those that belong to a feed, a request or a pipeline
    const others = new Set([
      'dontFilter',
      'storeEmpty',
      'batchItems',
      'spoolFolder',
      'urlsField',
      'resultField',
      'minHeight',
      'minWidth',
    ])
    for (const answer of Object.values(scrapyAnswers)) {
      for (const [, word] of answer.matchAll(/`([a-z]+[A-Z]\w*)`/g))
        expect(known.has(word!) || others.has(word!), word).toBe(true)
    }
  })

  test('every name of scrapy-redis has an answer', () => {
    const names = [
      'SCHEDULER',
      'DUPEFILTER_CLASS',
      'DUPEFILTER_DEBUG',
      'MAX_IDLE_TIME_BEFORE_CLOSE',
      'STATS_KEY',
      'REDIS_ITEMS_KEY',
    ]
    const schedulers = 'PERSIST FLUSH_ON_START IDLE_BEFORE_CLOSE QUEUE_KEY QUEUE_CLASS DUPEFILTER_KEY DUPEFILTER_CLASS SERIALIZER'
    const redis = 'URL HOST PORT DB ENCODING DECODE_RESPONSES PARAMS ITEMS_SERIALIZER KEY_CHECK_INTERVAL'
    const seeds = 'KEY AS_SET AS_ZSET BATCH_SIZE'
    names.push(...schedulers.split(' ').map((name) => `SCHEDULER_${name}`))
    names.push(...redis.split(' ').map((name) => `REDIS_${name}`), ...seeds.split(' ').map((name) => `REDIS_START_URLS_${name}`))
    for (const name of names) {
      expect(explain(name)).not.toContain('Unknown')
      expect(explain(name)).not.toMatch(/yet|this version/)
    }
  })

  test('no name is answered in two ways', () => {
    for (const name of Object.keys(scrapyNames)) expect(Object.hasOwn(scrapyAnswers, name), name).toBe(false)
  })

  test.each([
    ['CONCURRENT_REQUESTS', '`concurrency`'],
    ['DOWNLOAD_DELAY', '`delay`'],
    ['ROBOTSTXT_OBEY', '`obeyRobotsTxt`'],
    ['ITEM_PIPELINES', '`pipelines`'],
    ['SCHEDULER_PERSIST', '`persist`'],
    ['REDIS_URL', '`redis`'],
    ['REDIS_HOST', 'the URL in `redis`'],
    ['SCHEDULER_IDLE_BEFORE_CLOSE', '`keepAlive`'],
    ['CLOSESPIDER_ITEMCOUNT', '`maxItems`'],
    ['CLOSESPIDER_TIMEOUT_NO_ITEM', '`maxTimeWithoutItem`'],
    ['COOKIES_DEBUG', 'the names of cookies'],
    ['HTTPCACHE_ENABLED', 'no HTTP cache'],
  ])('%s is answered with %s', (name, answer) => {
    expect(explain(name)).toContain(answer)
    expect(explain(name)).toContain(`\`${name}\` (from the command line)`)
    expect(explain(name)).not.toContain('Unknown')
  })
})

describe('misspelt names', () => {
  test.each([
    ['dealy', '`delay`'],
    ['concurency', '`concurrency`'],
    ['obeyRobots', '`obeyRobotsTxt`'],
    ['log-level', '`logLevel`'],
    ['downloadDelay', '`delay`'],
    ['robotstxt_obey', '`obeyRobotsTxt`'],
    ['CONCURRENT_REQUEST', '`concurrency` (`CONCURRENT_REQUESTS` in Scrapy)'],
    ['COOKIE_ENABLED', '`cookies` (`COOKIES_ENABLED` in Scrapy)'],
    ['feed', '`feeds`'],
  ])('%s: did you mean %s', (name, meant) => {
    expect(explain(name).replaceAll("'", '’')).toContain(`did you mean ${meant}?`)
  })

  test('a name that is near to nothing gets no guess', () => {
    expect(explain('xyzzyplughquux')).not.toContain('did you mean')
    expect(explain('xyzzyplughquux')).toContain('`skein settings`')
  })

  test('parts of a config are no settings', () => {
    expect(explain('feeds')).toContain('-o or -O')
    expect(explain('pipelines')).toContain('skein.config.ts')
  })
})
