// npm run chaos: everything that can die, killed for real while a crawl runs. `npm run chaos -- --help` says more.
import { runMain } from './run-main.mjs'

await runMain('chaos')
