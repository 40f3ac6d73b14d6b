/** For `--import`: a child runs TypeScript as the tests do, on Node versions that cannot do it by themselves too. */
export function typeScriptLoader(): string {
  const hooks = `
    import { readFileSync } from 'node:fs'
    import { fileURLToPath } from 'node:url'
    import { transformSync } from ${JSON.stringify(import.meta.resolve('esbuild'))}
    export async function load(url, context, next) {
      if (!url.endsWith('.ts')) return next(url, context)
      const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), { loader: 'ts', format: 'esm', target: 'node20' })
      return { format: 'module', source: code, shortCircuit: true }
    }`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})`
  return `data:text/javascript,${encodeURIComponent(register)}`
}
