import { describe, expect, test } from 'vitest'
import { Selector } from './selector.ts'

function page(text: string): Selector {
  return new Selector({ text, type: 'xml' })
}

describe('documents in order, written as libxml2 does', () => {
  test.each<[string, string]>([
    [
      '<a b="1&quot;2\'&#10;&#9;&lt;&gt;">x&gt;&lt;&amp;"\r\n&#13;é<![CDATA[<&]]]]><!--c--><?pi d?><?pi?><b/><b></b></a>',
      '<a b="1&quot;2\'&#10;&#9;&lt;&gt;">x&gt;&lt;&amp;"\n&#13;é&lt;&amp;]]<!--c--><?pi d?><?pi?><b/><b/></a>',
    ],
    ['\ufeff <?xml version="1.0"?><!DOCTYPE a SYSTEM "x>y"><!-- c --><a>\n</a><!-- d -->\n', '<a>\n</a>'],
    [
      '<a xmlns="u" p:x="1" xmlns:p="v" ><p:b y = "2"\nxmlns:q=\'w\' /></a >',
      '<a xmlns="u" xmlns:p="v" p:x="1"><p:b xmlns:q="w" y="2"/></a>',
    ],
    ['<!DOCTYPE a [<!ENTITY e "]>"><!-- ]> \' --><!ENTITY % f "x">]><a b="&e;">1&e;2&f;</a>', '<a b="">1&e;2&amp;f;</a>'],
    ['<a x="\t\n&#9;"/>', '<a x="  &#9;"/>'],
  ])('%j', (text, expected) => {
    expect(page(text).get()).toBe(expected)
  })

  test('a part declares what is in scope: first its own prefix, then from the nearest on', () => {
    const part = page('<a xmlns="u" xmlns:p="v" xmlns:z="z"><b xmlns:p="w" xmlns:y="y"><z:c y:k="1"/></b></a>').xpath(
      '//*[local-name()="c"]',
    )
    expect(part.get()).toBe('<z:c xmlns:z="z" xmlns:y="y" xmlns:p="w" xmlns="u" y:k="1"/>')
  })

  test('an entity that the document declares is no text, and never grows', () => {
    const bomb = `<!DOCTYPE a [<!ENTITY x0 "lol">${Array.from({ length: 40 }, (_, i) => `<!ENTITY x${i + 1} "&x${i};&x${i};">`).join('')}]><a>1&x40;2</a>`
    expect(page(bomb).xpath('//a/text()').getall()).toEqual(['1', '2'])
    expect(page(bomb).xpath('//a/node()').length).toBe(2)
  })
})

describe('documents out of order lose nothing', () => {
  test.each<[string, string]>([
    ['<a>1 & 2 &nbsp;&foo;&foo &#x; <b/></a>', '<a>1 &amp; 2 \xa0&amp;foo;&amp;foo &amp;#x; <b/></a>'],
    ['<a>1 < 2 <3></a>', '<a>1 &lt; 2 &lt;3&gt;</a>'],
    ['<a><b>1<c>2</b>3</a>', '<a><b>1<c>2</c></b>3</a>'],
    ['<a>x</b>y</a>', '<a>xy</a>'],
    ['<a><b>1', '<a><b>1</b></a>'],
    ['<a x=1 y z=a/>', '<a x="1" y="" z="a"/>'],
    ['<a x="1" x="2"/>', '<a x="1"/>'],
    ['<a b="<i>">x</a>', '<a b="&lt;i&gt;">x</a>'],
    ['<a', '<a/>'],
    ['<a x="1', '<a x=""/>'],
    ['<a><!-- x', '<a><!-- x--></a>'],
    ['<a><![CDATA[x', '<a>x</a>'],
    ['<r><a></a <b/></r>', '<r><a/><b/></r>'],
    ['<a>&#0;&#xD800;&#x110000;</a>', '<a>\ufffd\ufffd\ufffd</a>'],
    ['junk <a>x</a> junk', '<a>x</a>'],
    ['\0<a>\0x</a>', '<a>x</a>'],
    ['<p:a q:b="1">x</p:a>', '<p:a q:b="1">x</p:a>'],
  ])('%j', (text, expected) => {
    expect(page(text).get()).toBe(expected)
  })

  test('several roots are all there', () => {
    const fragments = page('<item>1</item><item>2</item>')
    expect(fragments.css('item::text').getall()).toEqual(['1', '2'])
    expect(fragments.xpath('//item/text()').getall()).toEqual(['1', '2'])
  })

  test.each(['', ' ', 'not xml', '<', '</', '<!', '<?', '<![CDATA[', '<!DOCTYPE', '<!DOCTYPE a [', '&', '</a>'])(
    '%j is an empty document',
    (text) => {
      expect(page(text).xpath('//*').length).toBe(0)
      expect(page(text).get()).toBe('')
    },
  )
})

test('no text whatever throws, and what was read is closed', () => {
  const pieces = [
    '<a>',
    '</a>',
    '<b x="',
    '"',
    "'",
    '<',
    '>',
    '/',
    '&',
    ';',
    '&amp;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE a [',
    ']',
    '<?x',
    '?>',
    'xmlns:p="u"',
    '<p:c ',
    ' ',
    'text',
    '=',
    '\0',
    '&e;',
  ]
  let seed = 3
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed % n
  }
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: random(25) }, () => pieces[random(pieces.length)]).join('')
    const first = page(text).get()
    expect(page(`<r>${first}</r>`).xpath('/r/node()').getall().join(''), text).toBe(first)
  }
})

test.each(['<a>', '<a x="', "<a b='", '<!--', '<![CDATA[', '</a', '<?', '&', '<!DOCTYPE a ["', '<a xmlns="u">'])(
  '%s, 200,000 times, takes time in proportion',
  (piece) => {
    expect(page(`<r>${piece.repeat(200_000)}`).root).toBeDefined()
  },
)
