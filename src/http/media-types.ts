/** What kind of response a media type or a file makes. */
export type Kind = 'html' | 'xml' | 'json' | 'text'

const TYPES: ReadonlyMap<string, Kind> = new Map([
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['application/vnd.wap.xhtml+xml', 'html'],
  ['text/xml', 'xml'],
  ['application/xml', 'xml'],
  ['application/atom+xml', 'xml'],
  ['application/rdf+xml', 'xml'],
  ['application/rss+xml', 'xml'],
  ['application/json', 'json'],
  ['application/x-json', 'json'],
  ['application/json-amazonui-streaming', 'json'],
  ['application/javascript', 'text'],
  ['application/x-javascript', 'text'],
])

/** Endings of file names that make text of some kind, in the tables of Scrapy and Python. All others tell nothing. */
const ENDINGS: ReadonlyMap<string, Kind> = new Map(
  (
    [
      ['html', 'htm html shtml xht xhtml'],
      ['xml', 'atom rdf rss wsdl xml xpdl xsd xsl'],
      ['json', 'json'],
      [
        'text',
        '323 asc bib boo brf c c++ cc cls cpp csh css csv cxx d diff etx gcd h h++ hh hpp hs htc hxx ics icz jad java js ksh lhs ltx mjs mml moc n3 ' +
          'p pas patch pl pm pot py rtx scala sct sgm sgml sh srt sty tcl tex text tk tm ts tsv txt uls vcf vcs vtt wml wmls wsc',
      ],
    ] as const
  ).flatMap(([kind, endings]) => endings.split(' ').map((ending): [string, Kind] => [ending, kind])),
)

/** The kind of a media type as a header writes it, parameters and all; `undefined` for one that is not known to be text. */
export function kindOfType(contentType: string): Kind | undefined {
  const semicolon = contentType.indexOf(';')
  const type = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  return TYPES.get(type) ?? (type === 'text' || type.startsWith('text/') ? 'text' : undefined)
}

/** The kind that the name of a file or the path of a URL tells. (As in Scrapy, a URL with a query tells nothing.) */
export function kindOfName(name: string): Kind | undefined {
  if (name.startsWith('data:')) return kindOfDataUrl(name)
  const slash = name.lastIndexOf('/')
  const dot = name.lastIndexOf('.')
  // a name that begins with its only dot has no ending, nor has a host (example.pl is no Perl)
  if (dot <= slash + 1 || name[slash - 1] === '/') return undefined
  return ENDINGS.get(name.slice(dot + 1).toLowerCase())
}

function kindOfDataUrl(url: string): Kind | undefined {
  const comma = url.indexOf(',')
  if (comma < 0) return undefined
  const type = url.slice('data:'.length, comma).split(';')[0]!
  return type.includes('=') || !type.includes('/') ? 'text' : kindOfType(type)
}
