import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { makeFolder } from '../util/make-folder.ts'

/** `skein gen <name> <site>`: a spider to start from. */
export function addGen(program: Command): void {
  program
    .command('gen')
    .description('write a new spider to start from')
    .argument('<name>', 'the name of the spider: letters, digits, - and _')
    .argument('<site>', 'the domain, or the URL to start at')
    .option('--force', 'replace the file if it is there')
    .action(async (name: string, site: string, flags: { readonly force?: true }) => {
      if (!/^[a-z][a-z0-9_-]*$/i.test(name)) {
        throw new UsageError(
          'ERR_GEN_NAME',
          `Expected a name that begins with a letter and has letters, digits, - and _ only, got ${JSON.stringify(name)}.`,
        )
      }
      const text = spiderText(name, parseSite(site))
      const { findProject } = await import('../crawl/find-project.ts')
      const root = findProject(process.cwd())?.root
      const file = root === undefined ? join(process.cwd(), `${name}.ts`) : join(root, 'spiders', `${name}.ts`)
      const shown = relative(process.cwd(), file)
      if (existsSync(file) && flags.force !== true) {
        throw new UsageError('ERR_GEN_EXISTS', `${shown} is there already: nothing was written. --force replaces it.`)
      }
      try {
        makeFolder(dirname(file))
        writeFileSync(file, text)
      } catch (error) {
        throw new UsageError('ERR_GEN_WRITE', `Cannot write ${shown}: ${(error as Error).message}`, { cause: error })
      }
      process.stdout.write(
        `Wrote ${shown}. Try it: npx skein ${root === undefined ? `run ${shown}` : `crawl ${name}`} -O ${name}.jsonl\n`,
      )
    })
}

/** A URL to start at, from a URL or a domain. */
function parseSite(site: string): URL {
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(site) ? site : `https://${site}`
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    (url.hostname.includes('.') || url.hostname === 'localhost' || site.includes('//'))
  )
    return url
  throw new UsageError(
    'ERR_GEN_SITE',
    `Expected a domain like example.com or a URL like https://example.com/books, got ${JSON.stringify(site)}.`,
  )
}

function spiderText(name: string, url: URL): string {
  const words = name.split(/[-_]/).filter((word) => word !== '')
  const plain = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
  // a class called Spider or Date would hide the other one
  const className = plain === 'Spider' || plain === 'HtmlResponse' || plain in globalThis ? `${plain}Spider` : plain
  const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`
  return `import { type HtmlResponse, Spider } from 'skein'

export class ${className} extends Spider {
  static override spiderName = ${quoted(name)}
  override startUrls = [${quoted(url.href)}]
  override allowedDomains = [${quoted(url.hostname.replace(/^www\./, ''))}]

  override *parse(page: HtmlResponse) {
    yield { url: page.url, title: page.css('title::text').get() }
    yield* page.followAll('a')
  }
}
`
}
