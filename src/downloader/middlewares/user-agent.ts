import { Headers } from '../../http/headers.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { addHeaders } from './add-headers.ts'

/** Gives requests the User-Agent of the settings where they have none; an empty setting gives none. */
export const userAgent: DownloaderMiddlewareSpec = {
  name: 'user-agent',
  order: 500,
  create: ({ settings }) =>
    addHeaders(settings.userAgent === '' ? Headers.empty : Headers.from({ 'User-Agent': settings.userAgent })),
}
