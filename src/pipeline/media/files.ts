import type { Item, Pipeline } from '../contract.ts'
import type { MediaKind } from './media-kind.ts'
import { urlExtension } from './media-names.ts'
import { checkMediaOptions, type MediaOptions } from './media-options.ts'
import { MediaPipeline } from './media-pipeline.ts'

/** A media type, as it may stand in a header. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*charset="?[\w.:-]+"?)?$/

/**
 * A pipeline that fetches the files that items name, and keeps them in a folder or a bucket. The item gets a list of
 * `{ url, path, checksum, status }`, as from Scrapy's FilesPipeline.
 *
 * What was fetched before is not fetched again for 90 days. Downloads are as polite as any, and a file that many items want is fetched once. An
 * item goes on when its files are stored.
 *
 * @throws UsageError `ERR_MEDIA_OPTION`; at the start of the crawl `ERR_STORAGE_…` where nothing can be stored
 *
 * @example
 * export default defineConfig({ pipelines: [files({ store: 'papers', urlsField: 'pdfs' })] })
 * // { pdfs: ['/a.pdf'] } → { pdfs: ['/a.pdf'], files: [{ url: 'https://…/a.pdf', path: 'full/0a1b….pdf', … }] }
 */
export function files<In extends Item = Item>(options: MediaOptions<In>): Pipeline<In> {
  checkMediaOptions('files', options as MediaOptions)
  return new MediaPipeline(kind, options)
}

const kind: MediaKind = {
  name: 'files',
  urlsField: 'file_urls',
  resultField: 'files',
  extensionOf: ({ url }) => urlExtension(url),
  async develop({ body, headers }) {
    const type = headers.get('content-type')?.trim() ?? ''
    return { body, contentType: MEDIA_TYPE.test(type) ? type : undefined, extras: [] }
  },
}
