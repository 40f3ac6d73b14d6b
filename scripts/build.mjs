// npm run build: types by tsc; JavaScript bundled into a few files, since a process that imports 170 of them spends 100 ms on finding them.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, step, tool } from './steps.mjs'

const dist = join(root, 'dist')
rmSync(dist, { recursive: true, force: true })
step('Checking and writing types (tsc)', tool('tsc'), ['-p', 'tsconfig.build.json'])

// Beside our own files only @redis/client is bundled (THIRD-PARTY.md): its 488 cost every process 250 ms to find and read, and 90 as one
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { build } = await import('esbuild')
await build({
  absWorkingDir: root,
  entryPoints: ['src/index.ts', 'src/testing/index.ts', 'src/cli/main.ts'],
  outbase: 'src',
  outdir: dist,
  // files that look for others beside the package's own are one level below dist, as src/<folder>/ is below src
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  // the client looks for these by itself, and does without
  external: [...Object.keys({ ...dependencies, ...peerDependencies }), '@opentelemetry/api', '@node-rs/xxhash'],
  // what was written as CommonJS asks for Node's own modules by require
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  loader: { '.lua': 'text' },
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
})
