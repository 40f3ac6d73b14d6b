// npm run fleet: all of a look-alike of Zhihu by four workers, one of which dies every five seconds. `npm run fleet -- --help` says more.
import { runMain } from './run-main.mjs'

await runMain('fleet')
