import { describe, expect, test } from 'vitest'
import { LinkScanner } from './link-scanner.ts'

const scanner = new LinkScanner(['a', 'area'], ['href'])

function hrefs(html: string): string[] | undefined {
  return scanner.scan(html)?.links.map(({ value }) => value)
}

describe('LinkScanner', () => {
  test('it says all that is known of a link', () => {
    const html = '<base href=/x/><a href="y?a&amp;b" rel=nofollow>z</a>'
    expect(scanner.scan(html)).toEqual({
      base: '/x/',
      links: [{ tag: 'a', value: 'y?a&b', rel: 'nofollow', contentStart: html.indexOf('z</a>') }],
    })
  })

  test.each([
    ['<a href=x>', ['x']],
    ["<A\nHREF = 'x'>", ['x']],
    ['<a/href="x"/>', ['x']],
    ['<area href=x/>', ['x/']],
    ['<a href>', ['']],
    ['<a href=>', ['']],
    ['<a href="">', ['']],
    ['<a href=1 HREF=2>', ['1']],
    ['<a =href=x>', []],
    ['<a ==href href=x>', ['x']],
    ['<a x=">" href=x>', ['x']],
    ["<a x=a'b href=x>", ['x']],
    ['<a x="a"href=x>', ['x']],
    ['<a hre\u212af=x data-href=x xlink:href=x>', []],
    ['<a href\0=x>', []],
    ['<a\0 href=x>', []],
    ['<abbr href=x><a-b href=x><b href=x>', []],
    ['< a href=x></a href=x>', []],
    ['</a href="<a href=x>"><a href=y>', ['y']],
    ['<<a href=x>', ['x']],
    ['<a href="x', []],
    ['<a href=x', []],
    ['<a href=x ', []],
    ['<', []],
    ['<a', []],
    ['</', []],
    ['<a href="\r\n\0">', ['\n\ufffd']],
  ])('attributes: %j', (html, expected) => {
    expect(hrefs(html)).toEqual(expected)
  })

  test.each([
    ['<!--<a href=x>--><a href=y>', ['y']],
    ['<!--><a href=x>-->', ['x']],
    ['<!---><a href=x>', ['x']],
    ['<!-- --!><a href=x>', ['x']],
    ['<!-- --! ><a href=x>', []],
    ['<!-- <!-- --><a href=x>', ['x']],
    ['<!-x><a href=x>', ['x']],
    ['<?x "><a href=x>', ['x']],
    ['</ x><a href=x>', ['x']],
    ['</><a href=x>', ['x']],
    ['<!doctype html "><a href=x>', ['x']],
    ['<![CDATA[ > <a href=x>]]>', ['x']],
    ['<svg><![CDATA[ > <a href=x>]]></svg><a href=y>', ['y']],
    ['<svg><![CDATA[<a href=x>', []],
  ])('comments and the like: %j', (html, expected) => {
    expect(hrefs(html)).toEqual(expected)
  })

  test.each<[string, string[]]>([
    ...['style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes', 'script'].map((name): [string, string[]] => [
      `<${name}><a href=x></${name}x></ ${name}></${name.toUpperCase()}/><a href=y>`,
      ['y'],
    ]),
    ['<noscript><a href=x></noscript>', ['x']],
    ['<template><a href=x></template>', ['x']],
    ['<plaintext><a href=x>', []],
    ['<script><a href=x>', []],
    ['<script></script', []],
    ['<script></script <a href=x>', []],
    ['<script><!-- </script><a href=x>', ['x']],
    ['<script><!-- <script> </script> <a href=x> --></script><a href=y>', ['y']],
    ['<script><!-- <script> --> </script><a href=x>', ['x']],
    ['<script><!--><script></script><a href=x>', ['x']],
    ['<script><!-- <scripty></script><a href=x>', ['x']],
    ['<script><!--<script></script></script><a href=x>', ['x']],
    ['<select><a href=x><option><area href=y></select><a href=z>', ['z']],
    ['<select><title></select><a href=x>', ['x']],
    ['<select><script></select><a href=x></script></select><a href=y>', ['y']],
    ['<select><input><a href=x>', ['x']],
    ['<select><select><a href=x>', ['x']],
    ['<svg><a href=x><title><a href=y></a></title><style><a href=z></style></svg>', ['x', 'y', 'z']],
    ['<svg><style></svg><a href=x>', ['x']],
    ['<svg><g></p><style><a href=x></style>', []],
    ['<svg><desc><svg></p><style><a href=x></style></desc><style><a href=y>', ['y']],
    ['<svg/><style><a href=x></style>', []],
    ['<svg><path/><div><style><a href=x></style></div>', []],
    ['<svg><foreignObject><div><style><a href=x></style><a href=y></a></div></foreignObject></svg>', ['y']],
    ['<math><mtext><style><a href=x></style></mtext><mi></mi></math><a href=y>', ['y']],
  ])('raw text, selects, svg: %j', (html, expected) => {
    expect(hrefs(html)).toEqual(expected)
  })

  test.each([
    '<frameset><frame src=x></frameset>',
    '<select><table><a href=x>',
    '<template><col><a href=x>',
    '<table><template><tr><table></table><base href=x>',
    '<svg></div><a href=x>',
    '<svg><font color=red><a href=x>',
    '<math><annotation-xml><a href=x>',
    '<svg><desc><p><![CDATA[<a href=x>]]>',
  ])('where only a tree can tell, it says so: %j', (html) => {
    expect(hrefs(html)).toBeUndefined()
  })

  test.each([
    ['<base target=x><base href=1><base href=2>', '1'],
    ['<a href=x><body><base href="">', ''],
    ['<!--<base href=1>--><script><base href=2></script><select><base href=3></select>', undefined],
    ['<template><base></template><svg><base href=2></svg><base href=3>', '3'],
    ['<basefont href=1><BASE HREF=2>', '2'],
  ])('base: %j', (html, expected) => {
    expect(scanner.scan(html)?.base).toBe(expected)
  })

  test('one link for a tag, even where a tree repeats the element', () => {
    expect(hrefs('<p><a href=1>x<p>y</a><p>z')).toEqual(['1'])
  })

  test('several tags and attributes, in the order of the source', () => {
    const images = new LinkScanner(['img', 'script', 'a'], ['src', 'data-src'])
    const html = '<img data-src=1 src=2><script src=3><img src=4></script><a href=5 src=6><link href=7>'
    expect(images.scan(html)?.links.map(({ tag, value }) => [tag, value])).toEqual([
      ['img', '1'],
      ['img', '2'],
      ['script', '3'],
      ['a', '6'],
    ])
  })

  test('it tells which tags it can do', () => {
    expect(['a', 'area', 'img', 'iframe', 'h1'].every(LinkScanner.canScan)).toBe(true)
    expect(['form', 'td', 'option', 'image', '*', 'A', 'svg:a', ''].some(LinkScanner.canScan)).toBe(false)
  })

  test('names of more than 31 characters are no short ones', () => {
    const long = 'a'.padEnd(33, 'a')
    expect(hrefs(`<${long} href=x><a ${'href'.padEnd(36, 'f')}=x>`)).toEqual([])
    expect(new LinkScanner([long], ['href']).scan(`<${long} href=x>`)?.links).toHaveLength(1)
  })

  test.each([
    '<',
    '<a ',
    '<a href="',
    '</',
    '<!--',
    '<!',
    '<script>',
    '<script><!--',
    '<script><!--<script>',
    '<title></',
    '<textarea>',
    '<svg>',
    '<svg><g>',
    '<a x=',
    '&',
    '--',
    '<select>',
    '<svg><title><b>',
  ])(
    'a megabyte of %j takes linear time',
    (piece) => {
      const html = piece.repeat(Math.ceil(1_000_000 / piece.length))
      expect(() => scanner.scan(html)).not.toThrow()
    },
    5000,
  )
})
