import type { ScraperMiddlewareSpec } from '../contract.ts'
import { depth } from './depth.ts'
import { httpError } from './http-error.ts'
import { localFiles } from './local-files.ts'
import { offsite } from './offsite.ts'
import { referer } from './referer.ts'
import { urlLength } from './url-length.ts'

/** The scraper middlewares of every crawl. */
export const builtInScraperMiddlewares: readonly ScraperMiddlewareSpec[] = [
  httpError,
  localFiles,
  offsite,
  referer,
  urlLength,
  depth,
]
