import { createRequire } from 'node:module'

/** What parse5 exports. */
export type Parse5 = typeof import('parse5')

let loaded: Parse5 | undefined

/**
 * parse5, loaded when the first page is read: it takes as long to import as all the rest of the package (44 of 87 ms). Node loads ES
 * modules by `require` since 20.19, and reading a page cannot wait for `import()`.
 */
export function parse5(): Parse5 {
  return (loaded ??= createRequire(import.meta.url)('parse5') as Parse5)
}
