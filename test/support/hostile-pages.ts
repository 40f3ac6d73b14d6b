import type { Socket } from 'node:net'
import { flood } from './hostile-bodies.ts'
import type { Fault } from './hostile-site.ts'

/** A page that is sent as it is, whatever its size. */
function page(
  socket: Socket,
  body: string | Buffer,
  headers: readonly string[] = ['content-type: text/html; charset=utf-8'],
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const lines = [...headers, `content-length: ${bytes.length}`]
  socket.write(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  flood(socket, bytes, bytes.length)
}

const HTML = 'content-type: text/html; charset=utf-8'
const count = (path: string, otherwise: number): number => Number(/[?&]n=(\d+)/.exec(path)?.[1] ?? otherwise)

/** Pages that are whole, and hard on whoever reads them. `?n=` says how many of what makes them so. */
export const pageFaults: Readonly<Record<string, Fault>> = {
  'many-links': (socket, { path }) => {
    const n = count(path, 1_000_000)
    page(socket, `<h1>Links</h1>${Array.from({ length: n }, (_, i) => `<a href=/l/${i}>x</a>`).join('\n')}`)
  },
  'many-tags': (socket, { path }) => page(socket, `<h1>Deep</h1>${'<b>'.repeat(count(path, 1_000_000))}<a href=/inside>x</a>`),
  'many-divs': (socket, { path }) => page(socket, `<h1>Deep</h1>${'<div>'.repeat(count(path, 1_000_000))}<a href=/inside>x</a>`),
  'many-tables': (socket, { path }) =>
    page(socket, `<h1>Deep</h1>${'<table><tr><td>'.repeat(count(path, 100_000))}<a href=/inside>x</a>`),
  'many-open-formats': (socket, { path }) => {
    const n = count(path, 20_000)
    const tags = Array.from({ length: n }, (_, i) => `<font size=${i}>`).join('')
    page(socket, `<h1>Deep</h1>${tags}${'<p>'.repeat(n)}<a href=/inside>x</a>`)
  },
  'many-attributes': (socket, { path }) => {
    const attributes = Array.from({ length: count(path, 100_000) }, (_, i) => `a${i}=1`).join(' ')
    page(socket, `<h1>Wide</h1><div ${attributes}><a href=/inside>x</a></div>`)
  },
  'large-attribute': (socket, { path }) =>
    page(socket, `<h1>Wide</h1><a href="/inside?${'a'.repeat(count(path, 10 * 1024 * 1024))}">x</a><a href=/other>y</a>`),
  'open-attribute': (socket, { path }) =>
    page(socket, `<h1>Open</h1><a href=/inside>x</a><a href="${'a'.repeat(count(path, 10 * 1024 * 1024))}`),
  'open-comment': (socket, { path }) =>
    page(socket, `<h1>Open</h1><a href=/inside>x</a><!--${'<!--'.repeat(count(path, 2_000_000))}`),
  'open-tags': (socket, { path }) => page(socket, `<h1>Open</h1><a href=/inside>x</a>${'<'.repeat(count(path, 5_000_000))}`),
  nuls: (socket) => {
    const body = Buffer.from('<h1>N\0U\0L</h1><a href="/ins\0ide">x</a><a href=/other>\0</a>\0\0\0')
    page(socket, Buffer.concat([Buffer.alloc(100_000), body, Buffer.alloc(100_000)]))
  },
  /** UTF-16 by its byte order mark, Latin-2 by its header, Shift_JIS by its markup. */
  'three-encodings': (socket) => {
    const text = '<meta charset=shift_jis><h1>\u017dlu\u0165ou\u010dk\u00fd \u65e5\u672c</h1><a href=/inside>x</a>'
    page(socket, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]), [
      'content-type: text/html; charset=iso-8859-2',
    ])
  },
  'no-encoding': (socket) =>
    page(socket, '<meta charset="\0utf-99"><h1>Text</h1><a href=/inside>x</a>', ['content-type: text/html; charset="']),
  'cookie-for-com': (socket) =>
    page(socket, '<h1>C</h1>', [HTML, 'set-cookie: a=1; domain=com', 'set-cookie: b=2; domain=.co.uk', 'set-cookie: own=3']),
  'cookies-10000': (socket) =>
    page(socket, '<h1>C</h1>', [HTML, ...Array.from({ length: 10_000 }, (_, n) => `set-cookie: c${n}=${n}`)]),
  /** As many as go into one head: the next page sets others. */
  'cookies-1000': (socket, { path }) => {
    const n = count(path, 0)
    const cookies = Array.from({ length: 1000 }, (_, i) => `set-cookie: c${n}-${i}=${'v'.repeat(20)}`)
    page(socket, '<h1>C</h1>', [HTML, ...cookies])
  },
  'cookie-1mb': (socket) => page(socket, '<h1>C</h1>', [HTML, `set-cookie: big=${'v'.repeat(1024 * 1024)}`]),
  'cookie-50kb': (socket) => page(socket, '<h1>C</h1>', [HTML, `set-cookie: big=${'v'.repeat(50_000)}`, 'set-cookie: small=1']),
  'cookie-garbage': (socket) =>
    page(socket, '<h1>C</h1>', [
      HTML,
      'set-cookie: ;;;===;\xff\xfe',
      'set-cookie: =',
      'set-cookie: a=\x80\x81; expires=never; max-age=99999999999999999999; domain=..; path=\\',
      `set-cookie: ${'a;'.repeat(2000)}`,
      'set-cookie: good=1',
    ]),
}
