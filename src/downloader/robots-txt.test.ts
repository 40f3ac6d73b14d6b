import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MAX_ROBOTS_SIZE, RobotsTxt } from './robots-txt.ts'

interface Case {
  id: string
  robots?: string
  robotsBase64?: string
  userAgent: string
  url: string
  expected: { allowed: boolean; crawlDelay: number | null }
  expectedScrapy28?: { allowed: boolean }
  googleAllowed: boolean
}

const { cases } = JSON.parse(readFileSync(new URL('../../test/vectors/robots.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

describe('vectors', () => {
  for (const { id, robots, robotsBase64, userAgent, url, expected, googleAllowed } of cases) {
    it(`${id} ${userAgent} ${url}`, () => {
      const rules = new RobotsTxt(
        robotsBase64 === undefined ? Buffer.from(robots ?? '') : Buffer.from(robotsBase64, 'base64'),
      ).for(userAgent)
      expect([rules.allows(url), googleAllowed]).toEqual([expected.allowed, googleAllowed])
      expect(rules.crawlDelay ?? null).toBe(expected.crawlDelay)
    })
  }
})
