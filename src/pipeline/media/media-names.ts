import { createHash } from 'node:crypto'
import type { Request } from '../../http/request.ts'

/**
 * Extensions that are kept. A name must not become a program by what a URL ends in: a folder may be served by a web server that runs `.php`.
 */
const EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'jpg jpeg jpe png gif webp avif heic heif bmp ico tif tiff svg jxl ' +
    'mp3 ogg oga opus wav flac aac m4a weba mid midi aif aiff wma ' +
    'mp4 m4v webm ogv mov avi mkv mpg mpeg wmv flv 3gp ts m3u8 ' +
    'pdf epub mobi djvu ps eps doc docx xls xlsx ppt pptx odt ods odp rtf ' +
    'zip gz tgz bz2 xz zst 7z rar tar iso dmg apk deb rpm jar warc ' +
    'txt md csv tsv json jsonl ndjson xml yaml yml rss atom vtt srt ics vcf bib log ' +
    'ttf otf woff woff2 eot glb gltf stl obj kml kmz gpx geojson parquet sqlite torrent bin'
  )
    .split(' ')
    .map((extension) => `.${extension}`),
)

/** The name of a file by its request, as Scrapy's FilesPipeline has it. A request that is more than a URL has the rest in its name as well. */
export function urlName(request: Request): string {
  const hash = createHash('sha1')
  if (request.method !== 'GET' || request.body.length > 0) hash.update(`${request.method} `).update(request.body).update('\n')
  return hash.update(request.url).digest('hex')
}

/** `.jpg` of `https://example.com/a/b.JPG?width=100`; empty where there is none, or none that is known. */
export function urlExtension(url: string): string {
  // of a data: URL neither the media type nor the bytes are a path
  const path = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? ''
  const extension = /\.[a-z\d]{1,8}$/i.exec(path)?.[0].toLowerCase() ?? ''
  return EXTENSIONS.has(extension) ? extension : ''
}
