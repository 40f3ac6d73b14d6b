// The job of a peer comparison (peer-shop.mjs), kept in this process.
import { crawlShop } from './peer-shop.mjs'

await crawlShop()
