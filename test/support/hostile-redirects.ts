import type { Asked, Fault } from './hostile-site.ts'

const to =
  (location: (asked: Asked) => string, status = 302): Fault =>
  (socket, asked) =>
    void socket.write(`HTTP/1.1 ${status} Found\r\nlocation: ${location(asked)}\r\ncontent-length: 0\r\n\r\n`, 'latin1')

/** A number at the end of the path, one higher with each redirect. */
const next = ({ path }: Asked): string => path.replace(/\d*$/, (n) => String(Number(n || '0') + 1))

const refresh =
  (target: (asked: Asked) => string): Fault =>
  (socket, asked) => {
    const page = `<meta http-equiv="refresh" content="0; url=${target(asked)}"><h1>Wait</h1>`
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n${page}`)
  }

/** Ways that lead nowhere. */
export const redirectFaults: Readonly<Record<string, Fault>> = {
  'redirect-self': to(({ path }) => path),
  'redirect-loop': to(({ path }) => (path.endsWith('b') ? path.slice(0, -1) : `${path}b`)),
  'redirect-endless': to(next),
  'refresh-endless': refresh(next),
  'refresh-file': refresh(() => 'file:///etc/passwd'),
  'redirect-file': to(() => 'file:///etc/passwd'),
  'redirect-javascript': to(() => 'javascript:alert(1)'),
  'redirect-data': to(() => 'data:text/html,<h1>x</h1>'),
  'redirect-bad-ipv6': to(() => 'http://[::1'),
  'redirect-bad-port': to(() => 'http://127.0.0.1:99999/'),
  'redirect-no-host': to(() => 'http:///'),
  'redirect-control': to(() => 'http://a\x01b\x7f/'),
  'redirect-nul': to(() => '/a\x00b'),
  'redirect-bytes': to(() => 'http://\xff\xfe\xfd/'),
  'redirect-60kb': to(({ origin }) => `${origin}/${'a'.repeat(60_000)}`),
  'redirect-1mb': to(({ origin }) => `${origin}/${'a'.repeat(1024 * 1024)}`),
  'redirect-empty': to(() => ''),
}
