import type { ScraperMiddlewareSpec } from '../contract.ts'
import { depth } from './depth.ts'
import { httpError } from './http-error.ts'
import { offsite } from './offsite.ts'

/** The scraper middlewares of every crawl. */
export const builtInScraperMiddlewares: readonly ScraperMiddlewareSpec[] = [httpError, offsite, depth]
