/**
 * Extensions of files that are no pages, from Scrapy's `IGNORED_EXTENSIONS` (91 of them): a LinkExtractor leaves out links whose path ends
 * in one, whatever its case, unless `denyExtensions` says otherwise.
 */
export const deniedExtensions: readonly string[] = [
  // archives
  ...['7z', '7zip', 'bz2', 'rar', 'tar', 'tar.gz', 'xz', 'zip'],
  // images
  ...[
    'ai',
    'bmp',
    'cdr',
    'drw',
    'dxf',
    'eps',
    'gif',
    'ico',
    'jpeg',
    'jpg',
    'mng',
    'pct',
    'png',
    'ps',
    'psp',
    'pst',
    'svg',
    'tif',
    'tiff',
    'webp',
  ],
  // audio
  ...['aac', 'aiff', 'au', 'mid', 'mp3', 'ogg', 'ra', 'wav', 'wma'],
  // video
  ...['3gp', 'asf', 'asx', 'avi', 'flv', 'm4a', 'm4v', 'mov', 'mp4', 'mpg', 'qt', 'rm', 'swf', 'webm', 'wmv'],
  // office
  ...['doc', 'docb', 'docm', 'docx', 'dotm', 'dotx', 'odg', 'odp', 'ods', 'odt', 'potm', 'potx', 'pps', 'ppt', 'pptm', 'pptx'],
  ...['xls', 'xlsm', 'xlsx', 'xltm', 'xltx'],
  // programs and the rest
  ...['apk', 'bat', 'bin', 'cpl', 'css', 'dmg', 'exe', 'hta', 'iso', 'jar', 'js', 'msi', 'msp', 'pdf', 'py', 'rb', 'rss', 'sh'],
]
