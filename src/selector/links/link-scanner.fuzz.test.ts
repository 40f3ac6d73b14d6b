import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5'
import { expect, test } from 'vitest'
import { LinkScanner } from './link-scanner.ts'

interface Found {
  tag: string
  value: string
  rel: string | undefined
}

/** The links of parse5's tree: one for each start tag (the elements that it repeats share their attributes), in the order of the source. */
function treeLinks(html: string, tags: string[]): { base: string | undefined; links: Found[] } {
  const order = new Map<unknown, number>()
  const treeAdapter = {
    ...defaultTreeAdapter,
    createElement(...args: Parameters<typeof defaultTreeAdapter.createElement>) {
      if (!order.has(args[2])) order.set(args[2], order.size)
      return defaultTreeAdapter.createElement(...args)
    },
  }
  const found = new Map<number, Found>()
  const bases = new Map<number, string>()
  const visit = (node: DefaultTreeAdapterTypes.ParentNode, inTemplate: boolean): void => {
    for (const child of node.childNodes) {
      if (!('tagName' in child)) continue
      const attribute = (name: string): string | undefined => child.attrs.find((a) => a.name === name && !a.prefix)?.value
      const href = attribute('href')
      if (href !== undefined) {
        if (tags.includes(child.tagName)) {
          found.set(order.get(child.attrs)!, { tag: child.tagName, value: href, rel: attribute('rel') })
        }
        if (child.tagName === 'base' && !inTemplate && child.namespaceURI === 'http://www.w3.org/1999/xhtml') {
          bases.set(order.get(child.attrs)!, href)
        }
      }
      visit(child, inTemplate)
      if ('content' in child) visit(child.content, true)
    }
  }
  visit(parse(html, { treeAdapter, scriptingEnabled: false }), false)
  const inOrder = <T>(all: Map<number, T>): T[] => [...all].sort((a, b) => a[0] - b[0]).map(([, one]) => one)
  return { base: inOrder(bases)[0], links: inOrder(found) }
}

const tags = ['a', 'area', 'section']
const scanner = new LinkScanner(tags, ['href'])

function check(html: string): boolean {
  const scan = scanner.scan(html)
  if (scan === undefined) return false
  const found = { base: scan.base, links: scan.links.map(({ tag, value, rel }) => ({ tag, value, rel })) }
  expect(found, JSON.stringify(html)).toEqual(treeLinks(html, tags))
  return true
}

const names =
  'a a a area base b p div td tr table tbody col colgroup caption li ul select option optgroup input textarea title script style xmp iframe noembed noframes noscript template svg math path g desc foreignObject mtext mi annotation-xml font button form h1 h2 section span head body html br image plaintext frameset keygen hr i nobr'.split(
    ' ',
  )
const space = fc.constantFrom(' ', '\n', '\t', '\f', '\r', '/', '')
const value = fc.constantFrom(
  'x',
  '/y',
  '?a&copy=1',
  '&amp;',
  '&notit;',
  '&#x80;',
  '&#0',
  'a>b',
  'q"r',
  "s't",
  '\r\n',
  '\0',
  '',
  '<a href=z>',
  '=',
  '&copy',
)
const attribute = fc
  .tuple(
    space,
    fc.constantFrom('href', 'HREF', 'hreF', 'rel', 'class', 'x', '=', '"', 'hre\u212af', 'href\0', 'data-href'),
    fc.constantFrom('=', ' = ', '', '==', '=\n'),
    fc.constantFrom('"', "'", ''),
    value,
    fc.boolean(),
  )
  .map(
    ([before, name, equals, quote, text, closed]) =>
      `${before || ' '}${name}${equals}${quote}${text}${closed || !quote ? quote : ''}`,
  )
const startTag = fc
  .tuple(
    fc.constantFrom(...names),
    fc.array(attribute, { maxLength: 3 }),
    space,
    fc.constantFrom('>', '>', '>', '>', '/>', '', '<'),
  )
  .map(([name, attributes, before, end]) => `<${name}${attributes.join('')}${before}${end}`)
const link = fc.nat(99).map((n) => `<a href="/${n}">`)
const endTag = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom('', '', ' ', '/', ' x=">"', ' x="'))
  .map(([name, rest]) => `</${name}${rest}>`)
const oddities = fc.constantFrom(
  '<!-- ',
  '-->',
  '--!>',
  '<!-->',
  '<!--->',
  '<!---->',
  '<!--<!-',
  '--',
  '->',
  '>',
  '<',
  '</',
  '<!',
  '<?',
  '<? x>',
  '</ x>',
  '</>',
  '<!x>',
  '<!doctype html>',
  '<!DOCTYPE html PUBLIC "a>b">',
  '<![CDATA[',
  ']]>',
  '<![cdata[',
  ']',
  '&',
  '&amp',
  '&lt;',
  '\0',
  '\r\n',
  'text',
  ' ',
  '<a',
  '<a href',
  '<a href=',
  '<a href="',
  "<a href='",
  '<script><!--',
  '<script>',
  '</script',
  '</script>',
  '</scripty>',
  '<!--<script>',
  '<svg>',
  '</svg>',
  '<math>',
  '<svg/>',
  '<svg><title>',
  '<svg><style>',
  '<svg><foreignObject>',
  '</foreignObject></svg>',
  '</style',
  '"',
  "'",
)

/** Pieces that mean much to each other, since all of them at once seldom meet. */
const themes: Record<string, string[]> = {
  script: [
    '<script>',
    '<script ',
    '</script>',
    '</script ',
    '<!--',
    '-->',
    '--',
    '->',
    '<!-->',
    '<',
    '/',
    '<scripty>',
    '</SCRIPT>',
    '>',
  ],
  comment: ['<!--', '-->', '--!>', '-', '--', '!', '>', '<!', '<!-', '<!-->', '<!--->', '<', '<!--!>', '<?', '</', '<!-- -->'],
  svg: [
    ...[
      '<svg>',
      '</svg>',
      '<g>',
      '</g>',
      '<path/>',
      '<desc>',
      '</desc>',
      '<title>',
      '</title>',
      '<style>',
      '</style>',
      '<div>',
      '</div>',
    ],
    ...[
      '</p>',
      '<p>',
      '<br>',
      '</br>',
      '<foreignObject>',
      '</foreignObject>',
      '<b>',
      '</b>',
      '<![CDATA[',
      ']]>',
      '</a>',
      '<svg/>',
      '<script>',
    ],
    ...[
      '</script>',
      '<math>',
      '<table>',
      '<td>',
      '<select>',
      '</select>',
      '<font size=1>',
      '<span>',
      '</span>',
      '<textarea/>',
      '<section href=s>',
    ],
  ],
  math: [
    ...[
      '<math>',
      '</math>',
      '<mi>',
      '</mi>',
      '<mtext>',
      '</mtext>',
      '<mrow>',
      '</mrow>',
      '<style>',
      '</style>',
      '<title>',
      '</title>',
      '<svg>',
    ],
    ...[
      '</svg>',
      '<mglyph>',
      '<annotation-xml>',
      '<annotation-xml encoding="text/html">',
      '</annotation-xml>',
      '<i>',
      '</i>',
      '<p>',
      '</p>',
    ],
    ...['<![CDATA[', ']]>', '</a>', '<button>', '</button>', '<img>'],
  ],
  select: [
    ...[
      '<select>',
      '</select>',
      '<option>',
      '</option>',
      '<optgroup>',
      '<input>',
      '<textarea>',
      '</textarea>',
      '<script>',
      '</script>',
      '<hr>',
    ],
    ...[
      '<table>',
      '<tr>',
      '<td>',
      '</td>',
      '</table>',
      '<style>',
      '</style>',
      '<template>',
      '</template>',
      '<svg>',
      '<title>',
      '</title>',
      '<p>',
    ],
    ...['<base href=b>', '<plaintext>', '<keygen>'],
  ],
  template: [
    ...[
      '<template>',
      '</template>',
      '<col>',
      '<colgroup>',
      '<table>',
      '</table>',
      '<tr>',
      '<td>',
      '<base href=b>',
      '<base href=c>',
      '<select>',
    ],
    ...[
      '</select>',
      '<svg>',
      '</svg>',
      '<title>',
      '</title>',
      '<head>',
      '<body>',
      '</head>',
      '</body>',
      '</html>',
      '<frameset>',
      '<noframes>',
    ],
  ],
  raw: [
    ...[
      '<title>',
      '</title>',
      '<textarea>',
      '</textarea>',
      '<style>',
      '</style>',
      '<xmp>',
      '</xmp>',
      '<iframe>',
      '</iframe>',
      '<noembed>',
    ],
    ...[
      '</noembed>',
      '<noframes>',
      '</noframes>',
      '<noscript>',
      '</noscript>',
      '<plaintext>',
      '<!--',
      '-->',
      '</title',
      '</style/',
      '</xmp x',
    ],
    ...['<head>', '</head>', '<p>', '</TITLE >', '<style', '/>'],
  ],
}

const runs = Number(process.env['FUZZ'] ?? 3000)

test.each(Object.entries(themes))('it finds what the tree has, in pieces of %s', (_, pieces) => {
  let certain = 0
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, link), { maxLength: 10 }), (parts) => {
      if (check(parts.join(''))) certain++
    }),
    { numRuns: runs },
  )
  expect(certain / runs).toBeGreaterThan(0.2)
})

test('it finds what the tree has, in any markup', () => {
  let certain = 0
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: startTag }, link, link, endTag, oddities), { maxLength: 14 }),
      (parts) => {
        if (check(parts.join(''))) certain++
      },
    ),
    { numRuns: runs },
  )
  expect(certain / runs).toBeGreaterThan(0.5)
})
