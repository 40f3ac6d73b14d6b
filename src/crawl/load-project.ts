import { existsSync } from 'node:fs'
import { basename, dirname, extname, relative, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { describeError } from '../log/describe-error.ts'
import { Spider, type SpiderClass, spiderNameOf } from '../spider/spider.ts'
import { nearest } from '../util/suggest.ts'
import { type CompiledModules, compileModules } from './compile-modules.ts'
import type { Config } from './contract.ts'
import { findProject, findSpiderFiles, type ProjectFiles } from './find-project.ts'

/** A spider, and the file that exports it. */
export interface FoundSpider {
  readonly name: string
  readonly spider: SpiderClass
  /** Relative to where the command was given. */
  readonly file: string
}

/** What was loaded of a project. */
export interface Project {
  /** As messages call it, relative to where the command was given; undefined where there is none. */
  readonly configFile: string | undefined
  readonly config: Config
  /** Sorted by name. Names may be there twice: {@link pickSpider} refuses those. */
  readonly spiders: readonly FoundSpider[]
  /** Files that cannot be loaded: why, in words for people. */
  readonly problems: readonly string[]
  /** Files that export no spider. */
  readonly withoutSpider: readonly string[]
  /** Deletes the compiled files. Call it when the crawl is over. */
  close(): void
}

/**
 * Loads the project that `cwd` is in: its config, and all spiders in `spiders/` unless they are not wanted. Throws a UsageError when there is no project, or its
 * config cannot be loaded; files of spiders that cannot be loaded are `problems`.
 */
export async function loadProject(cwd: string, { spiders = true }: { readonly spiders?: boolean } = {}): Promise<Project> {
  const found = findProject(cwd)
  if (found === undefined) {
    throw new UsageError(
      'ERR_PROJECT_MISSING',
      'No project here: expected skein.config.ts in this folder or one above it. `skein init` makes a project, `skein run FILE` runs a spider without one.',
    )
  }
  return load(cwd, found, spiders ? findSpiderFiles(found.root) : [])
}

/** Loads the spiders of one file, with the config of the project that the file is in, if it is in one. Throws when the file cannot be loaded. */
export async function loadSpiderFile(cwd: string, path: string): Promise<Project> {
  const file = resolve(cwd, path)
  if (!existsSync(file))
    throw new UsageError('ERR_SPIDER_FILE', `There is no file ${path}. Expected a file with a spider in it, such as quotes.ts.`)
  if (!/\.m?[jt]s$/.test(file))
    throw new UsageError('ERR_SPIDER_FILE', `${path} is no spider: expected a file that ends in .ts, .mts, .js or .mjs.`)
  const project = await load(cwd, findProject(dirname(file)), [file])
  const problem =
    project.problems[0] ??
    (project.spiders.length > 0
      ? undefined
      : `${path} exports no spider. Expected \`export class … extends Spider\`, with Spider imported from 'skein'.`)
  if (problem === undefined) return project
  project.close()
  throw new UsageError('ERR_SPIDER_FILE', problem)
}

/**
 * The spider of that name. Without a name, the only one there is.
 *
 * Throws a UsageError that names the spiders there are, or the two files that both have this one.
 */
export function pickSpider(project: Project, name?: string): FoundSpider {
  const names = [...new Set(project.spiders.map((found) => found.name))]
  const there =
    names.length > 0 ? `There are: ${names.join(', ')}.` : 'There are no spiders yet: `skein gen NAME DOMAIN` makes one.'
  if (name === undefined) {
    if (project.spiders.length === 1) return checkSpider(project.spiders[0]!)
    throw new UsageError('ERR_SPIDER_UNKNOWN', `Which spider? ${there}`)
  }
  const [found, other] = project.spiders.filter((candidate) => candidate.name === name)
  if (found !== undefined && other !== undefined) throw new UsageError('ERR_SPIDER_TWICE', twice(found, other))
  if (found !== undefined) return checkSpider(found)
  const meant = nearest(name, names)
  const asides = [
    ...project.withoutSpider.map((file) => `${file} exports no class that extends Spider.`),
    ...project.problems.map((problem) => `This file could not be loaded:\n${problem}`),
  ]
  const sentence = `There is no spider ${JSON.stringify(name)}${meant === undefined ? '.' : `: did you mean ${meant}?`} ${there}`
  throw new UsageError('ERR_SPIDER_UNKNOWN', [sentence, ...asides].join('\n'))
}

/** Says that two files have spiders of the same name. */
export function twice(a: FoundSpider, b: FoundSpider): string {
  const where = a.file === b.file ? `twice in ${a.file}` : `in ${a.file} and in ${b.file}`
  return `There is a spider ${JSON.stringify(a.name)} ${where}. Give one of them another name: \`static override spiderName = '…'\`.`
}

async function load(cwd: string, found: ProjectFiles | undefined, files: readonly string[]): Promise<Project> {
  const sources = [...(found === undefined ? [] : [found.configFile]), ...files]
  // stacks name the lines of the sources
  process.setSourceMapsEnabled(true)
  const modules = await compileModules(sources, { skein: ownIndex, cwd })
  // at the latest when the process ends, however it ends
  process.once('exit', modules.close)
  const close = (): void => {
    process.off('exit', modules.close)
    modules.close()
  }
  const shown = (file: string): string => relative(cwd, file) || file

  const spiders: FoundSpider[] = []
  const problems: string[] = []
  const withoutSpider: string[] = []
  try {
    const config = found === undefined ? {} : await loadConfig(modules, found.configFile, cwd)
    for (const file of files) {
      const loaded = await importModule(modules, file, cwd)
      if (typeof loaded === 'string') problems.push(loaded)
      else {
        const classes = [...new Set(Object.values(loaded).filter(isSpiderClass))]
        if (classes.length === 0) withoutSpider.push(shown(file))
        for (const spider of classes) spiders.push({ name: nameOf(spider, file), spider, file: shown(file) })
      }
    }
    // a class that one file exports and another passes on is one spider, at home where it was met first
    const own = spiders.filter((found, i) => spiders.findIndex(({ spider }) => spider === found.spider) === i)
    return {
      configFile: found === undefined ? undefined : shown(found.configFile),
      config,
      spiders: own.sort((a, b) => (a.name < b.name ? -1 : 1)),
      problems,
      withoutSpider,
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function loadConfig(modules: CompiledModules, file: string, cwd: string): Promise<Config> {
  const loaded = await importModule(modules, file, cwd)
  if (typeof loaded === 'string') throw new UsageError('ERR_CONFIG', loaded)
  const config = loaded['default']
  if (typeof config === 'object' && config !== null) return config
  throw new UsageError(
    'ERR_CONFIG',
    `${relative(cwd, file)} has no default export. Expected \`export default defineConfig({ … })\`.`,
  )
}

/** The module, or why it cannot be had. */
async function importModule(modules: CompiledModules, file: string, cwd: string): Promise<Record<string, unknown> | string> {
  const problem = modules.problems.get(file)
  if (problem !== undefined) return problem
  try {
    return (await import(modules.urls.get(file)!)) as Record<string, unknown>
  } catch (error) {
    return importProblem(error, modules, relative(cwd, file))
  }
}

async function importProblem(error: unknown, modules: CompiledModules, file: string): Promise<string> {
  const message = error instanceof Error ? error.message : ''
  const missing = /Cannot find package '([^']+)'/.exec(message)?.[1]
  if (missing !== undefined)
    return `${modules.importerOf(missing) ?? file} imports the package ${missing}, which is not installed: npm install ${missing}`
  const absent = /'([^']+)' does not provide an export named '([^']+)'/.exec(message)
  if (absent !== null && absent[1] === ownIndex) {
    const meant = nearest(absent[2]!, Object.keys((await import(ownIndex)) as object))
    return `${file} imports ${absent[2]} from 'skein', which has no such export${meant === undefined ? '.' : `: did you mean ${meant}?`}`
  }
  const lines = describeError(error)
  // from our own first frame on, the stack is that of the one who loads, not of the one who failed
  const own = lines.findIndex((line) => /^ +at /.test(line) && line.includes(dirname(ownIndex)))
  return `${file} failed while it was loaded: ${(own < 0 ? lines : lines.slice(0, own)).join('\n')}`
}

function isSpiderClass(value: unknown): value is SpiderClass {
  return typeof value === 'function' && value.prototype instanceof Spider
}

/** A class without a name of its own is called after its file. */
function nameOf(spider: SpiderClass, file: string): string {
  if (spider.spiderName === undefined && (spider.name === '' || spider.name === 'default')) {
    Object.defineProperty(spider, 'spiderName', { value: basename(file, extname(file)), configurable: true })
  }
  return spiderNameOf(spider)
}

/** Refuses a spider whose start URLs nobody would handle, before the first of them is fetched. */
function checkSpider(found: FoundSpider): FoundSpider {
  const { prototype } = found.spider as { prototype: Spider }
  if (prototype.parse !== Spider.prototype.parse || prototype.start !== Spider.prototype.start) return found
  // parse may also be a field of the instance
  const spider = new found.spider({})
  if (spider.parse !== Spider.prototype.parse || spider.startUrls.length === 0) return found
  throw new UsageError(
    'ERR_SPIDER_PARSE',
    `The spider ${found.name} (${found.file}) has startUrls and no parse method. Expected \`*parse(page) { … }\`, which gets the pages of startUrls.`,
  )
}

/** This package's own entry, compiled or as source, whichever runs. */
const ownIndex: string = new URL(`../index${extname(import.meta.url)}`, import.meta.url).href
