import { createHash } from 'node:crypto'
import type { Request } from '../../http/request.ts'

/**
 * Extensions that are kept: those that Python's mimetypes has built in, and so Scrapy wherever it runs, and more kinds of documents. Programs are left out
 * (`exe`, `py`, `sh`, …): a name must not become one by what a URL ends in, since a folder may be served by a web server that runs `.php`.
 */
const EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'jpg jpeg jpe png gif webp avif heic heif bmp ico ief pbm pgm pnm ppm ras rgb tif tiff svg xbm xpm xwd jxl ' +
    'mp2 mp3 ogg oga opus wav flac aac adts loas ass au snd ra ram m4a weba mid midi aif aifc aiff wma m3u ' +
    'mp4 m4v webm ogv mov qt movie avi mkv mpg mpeg mpa mpe m1v wmv flv 3gp 3gpp 3g2 3gpp2 ts m3u8 swf ' +
    'pdf epub mobi djvu ps ai eps doc dot wiz docx xls xlb xlsx ppt pot ppa pps pwz pptx odt ods odp oda rtf dvi mif ' +
    'zip gz tgz bz2 xz zst 7z rar tar gtar ustar cpio bcpio sv4cpio sv4crc iso dmg apk deb rpm jar warc ' +
    'txt md csv tsv json jsonl ndjson xml xsl xpdl wsdl rdf yaml yml rss atom vtt srt ics vcf bib log eml mht mhtml nws ' +
    'html htm css js mjs webmanifest wasm sgm sgml etx rtx n3 nq nt trig latex tex texi texinfo t tr roff man me ms ' +
    'c h a o obj cdf nc hdf h5 src p12 pfx p7c ' +
    'ttf otf woff woff2 eot glb gltf stl kml kmz gpx geojson parquet sqlite torrent bin'
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

/**
 * `.jpg` of `https://example.com/a/b.JPG?width=100`, and of `https://example.com/download?file=b.jpg`, as Scrapy has it; empty where there is none, or
 * none that is known.
 */
export function urlExtension(url: string): string {
  // of a data: URL neither the media type nor the bytes are a path
  const rest = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*(.*)/is.exec(url)?.[1] ?? ''
  // `;v=1` behind the last name is none of it
  return knownExtension(rest.replace(/[?#].*/s, '').replace(/;[^/]*$/, '')) || knownExtension(rest)
}

/** Of the last name of a path; `.jpg` alone is a name. */
function knownExtension(path: string): string {
  const extension = /[^/](\.[a-z\d]{1,11})(?:\/\.?)*$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  return EXTENSIONS.has(extension) ? extension : ''
}
