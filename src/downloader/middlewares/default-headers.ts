import { Headers } from '../../http/headers.ts'
import { defaultSettings } from '../../settings/settings.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { addHeaders } from './add-headers.ts'

/** Gives requests the headers of the setting `defaultHeaders` that they do not have themselves. */
export const defaultHeaders: DownloaderMiddlewareSpec = {
  name: 'default-headers',
  order: 400,
  create({ settings }) {
    // over the built-in ones name by name, whatever their case
    let headers = Headers.from(defaultSettings.defaultHeaders)
    for (const [name, value] of Object.entries(settings.defaultHeaders)) headers = headers.with(name, value)
    return addHeaders(headers)
  },
}
