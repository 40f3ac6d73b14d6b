// Tries the package as users get it: packed, checked, installed in an empty project, a TypeScript spider type-checked and run.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { giveUp, root, step, tool } from './steps.mjs'

const project = mkdtempSync(join(tmpdir(), 'skein-package-'))
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const [{ filename, size, entryCount }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root),
  )
  console.log(`   ${filename}: ${(size / 1024).toFixed(0)} KiB, ${entryCount} files`)
  const tarball = join(project, filename)
  step('Checking what the package exports (publint)', tool('publint'), ['run', tarball, '--strict'])
  step('Checking how its types resolve (attw)', tool('attw'), [tarball, '--profile', 'esm-only'])

  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  run('npm', ['install', tarball, '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev'])
  const spider = join(project, 'shop.ts')
  writeFileSync(
    spider,
    `import { type HtmlResponse, Spider } from 'skein'
import { callbackOutputs, type FakeSite, fakeSite } from 'skein/testing'

interface Product { name: string | undefined }

export default class Shop extends Spider<Product> {
  override startUrls = [this.args['site']!]

  override *parse(page: HtmlResponse) {
    yield* page.followAll('a', { callback: this.parseProduct, cbArgs: { from: page.url } })
    // @ts-expect-error there is no such callback
    void this.parseProdukt
  }

  *parseProduct(page: HtmlResponse, args: { from: string }): Iterable<Product> {
    void args.from
    yield { name: page.css('h1::text').get() }
  }
}

export const tried = async (): Promise<(string | undefined)[]> => {
  const site: FakeSite = await fakeSite({ '/': ({ params }) => ({ json: params }) })
  await site.close()
  return (await callbackOutputs(new Shop(), 'parse', { url: site.url, body: '' })).items.map(({ name }) => name)
}
`,
  )
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2023',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    lib: ['ES2023'],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['shop.ts'] }))
  step("Checking the types of a user's spider", tool('tsc'), ['-p', project])

  const site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(request.url === '/' ? '<a href="/1">1</a><a href="/2">2</a>' : `<h1>Product ${request.url.slice(1)}</h1>`)
  })
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve))
  const skein = join(project, 'node_modules', '.bin', 'skein')
  const args = [
    'run',
    'shop.ts',
    '-a',
    `site=http://127.0.0.1:${site.address().port}/`,
    '-O',
    'out.jsonl',
    '--log-level',
    'error',
  ]
  await promisify(execFile)(skein, args, { cwd: project })
  site.close()
  const items = readFileSync(join(project, 'out.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).name) // prettier-ignore
  if (items.sort().join() !== 'Product 1,Product 2')
    giveUp(`The packed package crawled ${JSON.stringify(items)}. Expected Product 1 and Product 2.`)
  console.log('   the packed package crawls, in an empty project')
} finally {
  rmSync(project, { recursive: true, force: true })
}
