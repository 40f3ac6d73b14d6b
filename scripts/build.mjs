// npm run build: types by tsc; JavaScript bundled into a few files, since a process that imports 170 of them spends 100 ms on finding them.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, step, tool } from './steps.mjs'

const dist = join(root, 'dist')
rmSync(dist, { recursive: true, force: true })
step('Checking and writing types (tsc)', tool('tsc'), ['-p', 'tsconfig.build.json'])

// Beside our own files two packages are bundled (THIRD-PARTY.md). @redis/client: its 488 files cost every process 250 ms to find and read, and 90
// as one. undici: what is used of it 29 ms of CPU from 30 files, and 18 from one.
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const index = join(root, 'src/index.ts')
const main = join(root, 'src/cli/main.ts')
const testing = join(root, 'src/testing/index.ts')
const options = {
  absWorkingDir: root,
  entryPoints: [index, testing, main],
  outbase: 'src',
  outdir: dist,
  // files that look for others beside the package's own are one level below dist, as src/<folder>/ is below src
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  metafile: true,
  // the client looks for these by itself, and does without
  external: [...Object.keys({ ...dependencies, ...peerDependencies }), '@opentelemetry/api', '@node-rs/xxhash'],
  // what was written as CommonJS asks for Node's own modules by require
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  loader: { '.lua': 'text' },
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
  // those of behindIndex, which are not there for effects
  logOverride: { 'ignored-bare-import': 'silent' },
}

const { build } = await import('esbuild')
const { metafile } = await build({ ...options, write: false })
const entries = Object.values(metafile.outputs).flatMap(({ entryPoint = [] }) => entryPoint)
const onDemand = entries.map((file) => join(root, file)).filter((file) => ![index, testing, main].includes(file))
await build({ ...options, plugins: [behindIndex(onDemand)] })

/**
 * esbuild gathers in one file what the same entries reach, and everything that is imported on demand is an entry: so index.js came in 24 pieces, and to
 * find them was a third of what importing it took. Whoever imports on demand has imported index.js before; with that said here there is one piece.
 */
function behindIndex(files) {
  return {
    name: 'behind-index',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) =>
        files.includes(path)
          ? { contents: `import ${JSON.stringify(index)}\n${readFileSync(path, 'utf8')}`, loader: 'ts' }
          : undefined,
      )
    },
  }
}
