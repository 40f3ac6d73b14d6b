// The job of a peer comparison (peer-shop.mjs), kept in the Redis at PEER_REDIS_URL. Any number of these are one crawl; concurrencyPerSlot
// is then that of all of them: PEER_TOTAL_CONCURRENCY, where it is more than this one's.
import { crawlShop } from './peer-shop.mjs'

const { PEER_REDIS_URL, PEER_CONCURRENCY, PEER_TOTAL_CONCURRENCY = PEER_CONCURRENCY } = process.env

await crawlShop({ redis: PEER_REDIS_URL, concurrencyPerSlot: Number(PEER_TOTAL_CONCURRENCY) })
