import { nearest } from '../util/suggest.ts'
import { environmentName } from './environment.ts'
import { scrapyAnswers, scrapyNames } from './scrapy-names.ts'
import { defaultSettings } from './settings.ts'

/** What a config may hold beside settings; named here so that a misspelt one is recognised. */
export const configParts = [
  'feeds',
  'pipelines',
  'downloaderMiddlewares',
  'downloadHandlers',
  'scraperMiddlewares',
  'extensions',
] as const

/** Answers a name that is no setting: with ours where it is one of Scrapy or scrapy-redis, with the nearest one otherwise. */
export function explainUnknownSetting(name: string, from: string): string {
  const scrapy = toScrapyName(name)
  const ours = scrapyNames[scrapy]
  if (name === scrapy && ours !== undefined) return `\`${name}\` (from ${from}) is the name in Scrapy: here it is \`${ours}\`.`
  const answer = scrapyAnswers[scrapy]
  if (name === scrapy && answer !== undefined)
    return `\`${name}\` (from ${from}) is a setting of Scrapy or scrapy-redis: ${answer}`

  const part = configParts.find((p) => p === name)
  if (part !== undefined)
    return `\`${name}\` (from ${from}) can only be set in skein.config.ts or in the spider${part === 'feeds' ? '; on the command line use -o or -O' : ''}.`

  const meant = name.startsWith('SKEIN_') ? nearestVariable(name) : nearestName(name, scrapy)
  return `Unknown setting \`${name}\` (from ${from})${meant === undefined ? '.' : `: did you mean ${meant}?`} \`skein settings\` lists all of them.`
}

function nearestVariable(name: string): string | undefined {
  const variable = nearest(name, Object.keys(defaultSettings).map(environmentName))
  return variable === undefined ? undefined : `\`${variable}\``
}

function nearestName(name: string, scrapy: string): string | undefined {
  // download_delay, downloadDelay and Download-Delay all ask for DOWNLOAD_DELAY
  const exact = scrapyNames[scrapy]
  if (exact !== undefined) return `\`${exact}\``
  // CONCURRENT_REQUEST has the shape of Scrapy's names
  const asScrapy = name === scrapy && name.includes('_')
  return (asScrapy ? nearestForeign(scrapy) : undefined) ?? nearestOwn(name) ?? nearestForeign(scrapy)
}

function nearestOwn(name: string): string | undefined {
  const own = nearest(name.replace(/[^a-z0-9]/gi, ''), [...Object.keys(defaultSettings), ...configParts])
  return own === undefined ? undefined : `\`${own}\``
}

function nearestForeign(scrapy: string): string | undefined {
  const foreign = nearest(scrapy, [...Object.keys(scrapyNames), ...Object.keys(scrapyAnswers)])
  if (foreign === undefined) return undefined
  return scrapyNames[foreign] === undefined ? `Scrapy's \`${foreign}\`` : `\`${scrapyNames[foreign]}\` (\`${foreign}\` in Scrapy)`
}

function toScrapyName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-\s]/g, '_')
    .toUpperCase()
}
