import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VERSION } from '../version.ts'

/** The files of a new project, by their path in it. */
export function projectFiles(name: string): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(packageJson(name), null, 2)}\n`,
    'tsconfig.json': TSCONFIG,
    'skein.config.ts': CONFIG,
    'spiders/quotes.ts': QUOTES,
    '.gitignore': 'node_modules/\n.skein/\n',
    'README.md': readme(name),
  }
}

function packageJson(name: string): object {
  return {
    name,
    private: true,
    type: 'module',
    scripts: { crawl: 'skein crawl', typecheck: 'tsc' },
    dependencies: { skein: ownSpecifier() },
    devDependencies: { '@types/node': '^20.19.0', typescript: '^5.9.0' },
  }
}

/** How npm finds this very package: by its version where npm installed it, by its folder where it is a checkout. */
function ownSpecifier(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  return root.split(sep).includes('node_modules') ? `^${VERSION}` : `file:${root.slice(0, -1)}`
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2023",
    "lib": ["ES2023"],
    "module": "NodeNext",
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "noImplicitOverride": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["skein.config.ts", "spiders"]
}
`

const CONFIG = `import { defineConfig } from 'skein'

// All that can be set: npx skein settings
export default defineConfig({
  // Name a contact, so that a site's owner can reach you instead of blocking you.
  // userAgent: 'my-crawler (+https://example.com/crawler; me@example.com)',

  // Seconds between two requests to the same host.
  delay: 0.5,
})
`

const QUOTES = `import { type HtmlResponse, Spider } from 'skein'

interface Quote {
  text: string
  author: string
  tags: string[]
}

export class Quotes extends Spider<Quote> {
  override startUrls = ['https://quotes.toscrape.com/']
  override allowedDomains = ['quotes.toscrape.com']

  override *parse(page: HtmlResponse) {
    for (const quote of page.css('.quote')) {
      yield {
        text: quote.css('.text::text').get() ?? '',
        author: quote.css('.author::text').get() ?? '',
        tags: quote.css('.tag::text').getall(),
      }
    }
    yield* page.followAll('.next a')
  }
}
`

const readme = (name: string): string => `# ${name}

Spiders for [skein](https://www.npmjs.com/package/skein). Needs Node 20.19 or newer.

    npm install
    npx skein crawl quotes -O quotes.jsonl

\`spiders/quotes.ts\` crawls https://quotes.toscrape.com, a site made for trying out crawlers: ten pages, a hundred quotes, a few seconds.
It needs the internet. Without it, set \`startUrls\` (and \`allowedDomains\`) to a site that you can reach.

    npx skein gen books books.toscrape.com     another spider to start from
    npx skein list                             the spiders there are
    npx skein settings                         what is set, and where
    npm run typecheck                          is a callback misspelt?

Files in \`spiders/\` whose names begin with \`_\` are not searched for spiders: put there what spiders share.
`
