import { iconv } from './iconv.ts'

/*
 * Two encodings of seven bits that switch between ASCII and pairs of bytes, which neither TextDecoder nor iconv-lite knows. With their high
 * bits set the pairs are those of euc-kr and gb18030.
 */

/** ISO-2022-KR (RFC 1557): SO begins pairs, SI ends them; the header that announces them says nothing. */
export function decodeIso2022Kr(body: Buffer): string {
  const latin1 = body.toString('latin1').replaceAll('\x1b$)C', '')
  let text = ''
  latin1.split(/([\x0e\x0f])/).forEach((part, i, parts) => {
    if (i % 2 === 0) text += parts[i - 1] === '\x0e' ? lines(part, 'cp949') : ascii(part)
  })
  return text
}

/** HZ (RFC 1843): `~{` begins pairs, `~}` ends them, `~~` is a tilde, and a tilde at the end of a line joins it with the next. */
export function decodeHz(body: Buffer): string {
  let text = ''
  let from = 0
  const latin1 = body.toString('latin1')
  while (from < latin1.length) {
    const tilde = latin1.indexOf('~', from)
    if (tilde < 0) return text + ascii(latin1.slice(from))
    text += ascii(latin1.slice(from, tilde))
    const next = latin1[tilde + 1]
    from = tilde + 2
    if (next === '{') {
      const end = latin1.indexOf('~}', from)
      text += lines(latin1.slice(from, end < 0 ? undefined : end), 'gb18030')
      from = end < 0 ? latin1.length : end + 2
    } else if (next === '~') text += '~'
    else if (next !== '\n') {
      text += '\ufffd'
      from = tilde + 1
    }
  }
  return text
}

/** Pairs, which a line break ends. */
function lines(text: string, encoding: string): string {
  return text.replace(/[^\n]+/g, (line) => iconv().decode(Buffer.from(line.replace(/[\x21-\x7e]/g, high), 'latin1'), encoding))
}

function high(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) | 0x80)
}

function ascii(text: string): string {
  return text.replace(/[\x80-\xff]/g, '\ufffd')
}
