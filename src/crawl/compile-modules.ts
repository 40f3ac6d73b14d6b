import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Loader, Message, Metafile, Plugin } from 'esbuild'
import { UsageError } from '../errors.ts'
import { makeFolder } from '../util/make-folder.ts'

/** Modules that can be imported. */
export interface CompiledModules {
  /** By source file, what to import. A file with a problem has none. */
  readonly urls: ReadonlyMap<string, string>
  /** By source file, why it does not compile. */
  readonly problems: ReadonlyMap<string, string>
  /** The source file that imports a package, for a message when that package is missing. */
  importerOf(packageName: string): string | undefined
  /** Deletes what was written. Modules that were imported keep working, save those that they import later. */
  close(): void
}

/** How modules are compiled. */
export interface CompileOptions {
  /** What `import … from 'skein'` becomes, as a URL: this very copy of the package, so that its classes are the same. */
  readonly skein: string
  /** Messages name files relative to this folder. */
  readonly cwd: string
}

/**
 * Compiles TypeScript (or plain JavaScript) files together, so that what several of them import is one module. Packages are left for
 * Node to resolve: the output stands where it sees what the sources see.
 *
 * A file that does not compile is a problem of its own, and the others go on.
 */
export async function compileModules(files: readonly string[], options: CompileOptions): Promise<CompiledModules> {
  const { build, stop } = await import('esbuild')
  const outdir = outputFolder(dirname(files[0]!))
  const problems = new Map<string, string>()
  let good = files

  const compile = (entries: readonly string[], write: boolean) =>
    build({
      entryPoints: entries.map((file) => ({ in: file, out: outputName(files, file) })),
      absWorkingDir: options.cwd,
      outdir,
      outExtension: { '.js': '.mjs' },
      write,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      sourcesContent: false,
      // a spider's name comes from its class
      keepNames: true,
      metafile: true,
      logLevel: 'silent',
      define: Object.fromEntries(Object.keys(ownMeta('')).map((name) => [`import.meta.${name}`, metaName(name)])),
      banner: { js: "import{createRequire as __skein_require}from'node:module';const require=__skein_require(import.meta.url);" },
      plugins: [resolveSkein(options.skein), keepImportMeta],
    })

  let metafile: Metafile = { inputs: {}, outputs: {} }
  try {
    try {
      metafile = (await compile(files, true)).metafile
    } catch {
      // one by one, to learn which ones are to blame
      for (const file of files) {
        await compile([file], false).catch((error: BuildFailure) => problems.set(file, compileMessage(error, options.cwd)))
      }
      good = files.filter((file) => !problems.has(file))
      if (good.length > 0) metafile = (await compile(good, true)).metafile
    }
  } catch (error) {
    remove(outdir)
    throw error
  } finally {
    // ends esbuild's own process, which a long crawl has no use for
    await stop()
  }

  return {
    urls: new Map(good.map((file) => [file, pathToFileURL(join(outdir, `${outputName(files, file)}.mjs`)).href])),
    problems,
    importerOf: (name) =>
      Object.entries(metafile.inputs).find(([, { imports }]) =>
        imports.some(({ path, external }) => external === true && (path === name || path.startsWith(`${name}/`))),
      )?.[0],
    close: () => remove(outdir),
  }
}

function outputName(files: readonly string[], file: string): string {
  return `${files.indexOf(file)}-${basename(file, extname(file))}`
}

/** What esbuild found wrong, as `file:line:column: message`, each with its line of source. */
function compileMessage(failure: BuildFailure, cwd: string): string {
  const errors = (failure as { errors?: Message[] }).errors ?? []
  if (errors.length === 0) return (failure as Error).message
  return errors
    .map(({ text, location }) => {
      if (location === null) return text
      const { file, line, column, lineText, length } = location
      const gutter = String(line)
      // columns are counted in bytes of UTF-8
      const before = Buffer.from(lineText).subarray(0, column).toString()
      const mark = before.replace(/[^\t]/g, ' ') + '^'.repeat(Math.max(1, Math.min(length, lineText.length - before.length)))
      const place = `${relative(cwd, resolve(cwd, file))}:${line}:${before.length + 1}`
      return `${place}: ${text}\n  ${gutter} | ${lineText}\n  ${' '.repeat(gutter.length)} | ${mark}`
    })
    .join('\n')
}

function resolveSkein(url: string): Plugin {
  return {
    name: 'skein',
    setup({ onResolve }) {
      onResolve({ filter: /^skein$/ }, () => ({ path: url, external: true }))
    },
  }
}

const metaName = (name: string): string => `__skein_meta_${name}`

const ownMeta = (path: string): Record<string, string> => ({
  url: path && pathToFileURL(path).href,
  filename: path,
  dirname: path && dirname(path),
})

/** `import.meta.url` of a source file stays that of the source: spiders read files that lie beside them. */
const keepImportMeta: Plugin = {
  name: 'import-meta',
  setup({ onLoad }) {
    onLoad({ filter: /\.m?[jt]sx?$/ }, ({ path }) => {
      if (path.includes('node_modules')) return undefined
      const source = readFileSync(path, 'utf8')
      if (!source.includes('import.meta')) return undefined
      const names = Object.entries(ownMeta(path)).map(([name, value]) => `${metaName(name)}=${JSON.stringify(value)}`)
      // on the first line, so that the numbers of the lines stay
      const contents = `const ${names.join(',')};${source.replace(/^#!/, '//')}`
      return { contents, loader: extname(path).replace(/^\.m?/, '') as Loader, resolveDir: dirname(path) }
    })
  },
}

/** A new folder from which packages are found as they are from `folder`. Those that killed processes left behind are swept up. */
function outputFolder(folder: string): string {
  const parents: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    parents.push(at)
    if (at === dirname(at)) break
  }
  const modules = parents.map((at) => join(at, 'node_modules')).find((candidate) => readable(candidate))
  const places = [...(modules === undefined ? [] : [join(modules, '.cache', 'skein')]), join(folder, '.skein')]
  let why: unknown
  for (const place of places) {
    // a process that ends meanwhile may take the folder away: once more then
    for (let tries = 0; tries < 5; tries++) {
      try {
        makeFolder(place)
        sweep(place)
        return mkdtempSync(join(place, `${hostname()}-${process.pid}-`))
      } catch (error) {
        why = error
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') break
      }
    }
  }
  throw new UsageError(
    'ERR_PROJECT_READ_ONLY',
    `Cannot write compiled spiders: ${(why as Error).message}. Expected to be able to write in ${places.join(' or ')}: make one of them writable.`,
    { cause: why },
  )
}

function remove(outdir: string): void {
  rmSync(outdir, { recursive: true, force: true })
  const place = dirname(outdir)
  // a folder beside the user's files goes when it is empty; the one in node_modules may stay
  if (basename(place) !== '.skein') return
  try {
    rmdirSync(place)
  } catch {
    // another process has something in it, or was faster
  }
}

function readable(folder: string): boolean {
  try {
    readdirSync(folder)
    return true
  } catch {
    return false
  }
}

function sweep(place: string): void {
  for (const name of readdirSync(place)) {
    const [, host, pid] = /^(.+)-(\d+)-[^-]+$/.exec(name) ?? []
    // what a container of another name holds is none of our business: its processes cannot be seen from here
    if (host !== hostname() || isAlive(Number(pid))) continue
    rmSync(join(place, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
