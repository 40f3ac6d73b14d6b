import { UsageError } from '../errors.ts'
import type { SiteHandler, SitePage, SiteRoutes } from './contract.ts'

/** What a request is answered by. */
export interface Match {
  readonly route: SitePage | SiteHandler
  readonly params: Readonly<Record<string, string>>
}

interface Pattern {
  readonly method: string | undefined
  readonly expression: RegExp
  readonly names: readonly string[]
  readonly route: SitePage | SiteHandler
}

const NO_PARAMS = Object.freeze({})

/** Gives the function that finds the route of a request. Throws ERR_ROUTE for a route that cannot be asked for. */
export function routeFinder(routes: SiteRoutes): (method: string, url: string, path: string) => Match | undefined {
  if (typeof routes !== 'object' || routes === null)
    throw new UsageError(
      'ERR_ROUTE',
      "Expected the pages of a fake site to be an object by path, { '/': '<h1>Emma</h1>' }, or a function.",
    )
  const exact = new Map<string, Match>()
  const patterns: Pattern[] = []
  for (const [key, route] of Object.entries(routes)) {
    const [, method, path] = /^(?:([A-Z]+) )?(\/[^\s#]*)$/.exec(key) ?? []
    if (route === null || !['string', 'object', 'function'].includes(typeof route))
      throw new UsageError('ERR_ROUTE', `Expected the page of ${key} to be HTML, an answer or a function, got ${String(route)}.`)
    if (path === undefined) {
      throw new UsageError(
        'ERR_ROUTE',
        `Expected the route ${JSON.stringify(key)} to be a path that begins with /, and a method before it where one is meant: '/book/:id', 'POST /search'.`,
      )
    }
    if (/\/:|\*/.test(path)) patterns.push(patternOf(method, path, route))
    else exact.set(key, { route, params: NO_PARAMS })
  }
  // those of a method before those of any, otherwise in their order
  patterns.sort((a, b) => Number(a.method === undefined) - Number(b.method === undefined))

  return (method, url, path) => {
    const found =
      exact.get(`${method} ${url}`) ??
      exact.get(url) ??
      (url === path ? undefined : (exact.get(`${method} ${path}`) ?? exact.get(path)))
    if (found !== undefined) return found
    for (const pattern of patterns) {
      if (pattern.method !== undefined && pattern.method !== method) continue
      const values = pattern.expression.exec(path)
      if (values === null) continue
      const params = Object.fromEntries(pattern.names.map((name, i) => [name, decoded(values[i + 1]!)]))
      return { route: pattern.route, params }
    }
    return undefined
  }
}

function patternOf(method: string | undefined, path: string, route: SitePage | SiteHandler): Pattern {
  const names: string[] = []
  const source = path.replace(/(?<=\/):(\w+)|\*$|[.*+?^${}()|[\]\\]/g, (part, name: string | undefined) => {
    if (name === undefined && (part !== '*' || !path.endsWith('*'))) return `\\${part}`
    names.push(name ?? '*')
    return name === undefined ? '(.*)' : '([^/]+)'
  })
  return { method, expression: new RegExp(`^${source}$`), names, route }
}

/** Malformed percent-encoding stays as it is: a fake site is asked for anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
