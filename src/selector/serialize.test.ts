import { expect, test } from 'vitest'
import { Selector } from './selector.ts'

function body(text: string): string {
  return new Selector({ text, type: 'html' }).css('body').get()!.slice('<body>'.length, -'</body>'.length)
}

// the answers of libxml2 2.14
test.each<[string, string]>([
  ['<br><img src=a alt=""><input disabled="" readonly=x><hr/>', '<br><img src="a" alt=""><input disabled readonly><hr>'],
  ['<option selected=selected>x', '<option selected>x</option>'],
  ['<p class>x', '<p class="">x</p>'],
  ['<p title="a&quot;b">', "<p title='a\"b'></p>"],
  ['<p title="a&quot;b\'c">', '<p title="a&quot;b\'c"></p>'],
  ['<p title="<>&amp;&nbsp;">&lt;&gt;&amp;&nbsp;"', '<p title="&lt;&gt;&amp;\xa0">&lt;&gt;&amp;\xa0"</p>'],
  ['<a href=" a b?é=&quot;|[]">', "<a href='a%20b?%C3%A9=\"|[]'></a>"],
  ['<a name="é"></a><b name="é"></b><img data-src="é">', '<a name="%C3%A9"></a><b name="é"></b><img data-src="é">'],
  ['<a href="\ud800">', '<a href="%EF%BF%BD"></a>'],
  ['<script>a<b&&c</script><style>p>a</style><p>a<b>', '<script>a<b&&c</script><style>p>a</style><p>a<b></b></p>'],
  ['<ul><li></li><li>x</li></ul><td></td>', '<ul><li><li>x</li></ul>'],
  ['<!-- c --><svg viewBox="0"><path/></svg>', '<!-- c --><svg viewBox="0"><path></path></svg>'],
  ['<p>\n <b>x</b>\n</p>', '<p>\n <b>x</b>\n</p>'],
  ['<p>😀\ud800', '<p>😀\ud800</p>'],
])('%s', (text, expected) => {
  expect(body(`<p></p>${text}`)).toBe(`<p></p>${expected}`)
})

test('a document is its root element, and any node can be written', () => {
  const page = new Selector({ text: '<!doctype html><!--a--><p>x</p><!--b-->', type: 'html' })
  expect(page.get()).toBe('<html><head></head><body><p>x</p><!--b--></body></html>')
  expect(page.xpath('//comment()').getall()).toEqual(['<!--a-->', '<!--b-->'])
  expect(page.xpath('/').get()).toBe('<!--a--><html><head></head><body><p>x</p><!--b--></body></html>')
})

test('100,000 nested elements are written and read again', () => {
  const text = new Selector({ text: '<div>'.repeat(100_000), type: 'html' }).css('div').get()!
  expect(text).toBe('<div>'.repeat(100_000) + '</div>'.repeat(100_000))
})
