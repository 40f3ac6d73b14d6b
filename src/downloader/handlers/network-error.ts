import { DownloadError, type DownloadErrorCode, SkeinError } from '../../errors.ts'
import { shownUrl } from '../url-parts.ts'

const CODES: ReadonlyMap<string, DownloadErrorCode> = new Map<string, DownloadErrorCode>([
  ['ENOTFOUND', 'ERR_DNS'],
  ['EAI_AGAIN', 'ERR_DNS'],
  ['EAI_FAIL', 'ERR_DNS'],
  ['EAI_NODATA', 'ERR_DNS'],
  ['EAI_NONAME', 'ERR_DNS'],
  ['ERR_INVALID_URL', 'ERR_DNS'],
  ['ECONNREFUSED', 'ERR_CONNECT'],
  ['EHOSTUNREACH', 'ERR_CONNECT'],
  ['ENETUNREACH', 'ERR_CONNECT'],
  ['ENETDOWN', 'ERR_CONNECT'],
  ['EHOSTDOWN', 'ERR_CONNECT'],
  ['EADDRNOTAVAIL', 'ERR_CONNECT'],
  ['EACCES', 'ERR_CONNECT'],
  ['EPERM', 'ERR_CONNECT'],
  ['EMFILE', 'ERR_CONNECT'],
  ['ENFILE', 'ERR_CONNECT'],
  ['ETIMEDOUT', 'ERR_TIMEOUT'],
  ['UND_ERR_CONNECT_TIMEOUT', 'ERR_TIMEOUT'],
  ['ECONNRESET', 'ERR_RESET'],
  ['ECONNABORTED', 'ERR_RESET'],
  ['EPIPE', 'ERR_RESET'],
  ['UND_ERR_SOCKET', 'ERR_RESET'],
  ['UND_ERR_HEADERS_OVERFLOW', 'ERR_PROTOCOL'],
  // before there was a body: the head contradicts itself
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ERR_PROTOCOL'],
  ['UND_ERR_ABORTED', 'ERR_ABORTED'],
  ['UND_ERR_DESTROYED', 'ERR_ABORTED'],
  ['UND_ERR_CLOSED', 'ERR_ABORTED'],
])

/** Why there is no connection, as a message for a URL to be put before. */
export class ConnectError extends Error {
  readonly kind: DownloadErrorCode

  constructor(kind: DownloadErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** undici refuses a request for these before a byte is sent: they are no failure of the server. */
const UNSENDABLE: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

const TLS =
  /^(ERR_(SSL|TLS)_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_CERT|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$)/

const ADVICE: Readonly<Record<DownloadErrorCode, string>> = {
  ERR_DNS: 'the host name could not be resolved; check its spelling and this machine’s DNS',
  ERR_CONNECT: 'no connection could be made; check that the host and port are right and that the server is up',
  ERR_TLS: 'no trusted TLS connection could be made; if you trust the site all the same, set verifyTls to false',
  ERR_RESET: 'the connection was closed before an answer came',
  ERR_TIMEOUT: 'no connection was made in time; raise connectTimeout if the host is slow',
  ERR_PROTOCOL: 'the answer is not valid HTTP; check that the port speaks HTTP',
  ERR_PROXY: 'the proxy did not open the way; check its address, its password, and that it may connect there',
  ERR_TOO_LARGE: 'the body is too large',
  ERR_DATA_LOSS: 'the body ended before it was complete',
  ERR_DECODE: 'the body could not be decoded',
  ERR_SCHEME: 'the scheme is not supported',
  ERR_FILE: 'the file could not be read',
  ERR_ABORTED: 'the download was aborted because the downloader was closed',
}

/** What can be done about a certificate or a handshake; the first that fits. */
const TLS_ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    'the certificate of the site is not valid now; check this machine’s clock, or set verifyTls to false if you trust the site all the same',
  ],
  [
    /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    'the certificate is that of another site; check the host name, or set verifyTls to false if you trust it all the same',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|INVALID_CA/,
    'the certificate is vouched for by nobody that this machine trusts; name the authority in tlsCa, or set verifyTls to false',
  ],
  [
    /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|ALERT_UNKNOWN_CA/,
    'the site wants to see a certificate of yours; name it in clientCertificates',
  ],
  [
    /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE/,
    'the site speaks no version of TLS that is allowed here; see tlsMinVersion and tlsMaxVersion',
  ],
  [/NO_APPLICATION_PROTOCOL/, 'the site does not speak HTTP/1.1; set http2 to true'],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/,
    'what answers there does not speak TLS; check the scheme and the port',
  ],
  [/HANDSHAKE_FAILURE/, 'the site accepts nothing of what was offered; see tlsMinVersion, tlsCiphers and clientCertificates'],
]

/** What the system or undici said, as the error that the retry middleware and the user see: the URL, what happened, what to do. */
export function networkError(url: string, cause: unknown): SkeinError {
  if (cause instanceof SkeinError) return cause
  if (cause instanceof ConnectError) return new DownloadError(cause.kind, `${shownUrl(url)}: ${cause.message}`, { cause })
  const systemCode = codeOf(cause)
  const said = cause instanceof Error && cause.message !== '' ? cause.message : systemCode
  const details = said === '' ? '' : ` (${said})`
  if (UNSENDABLE.has(systemCode)) {
    return new SkeinError(
      'ERR_REQUEST_UNSENDABLE',
      `${shownUrl(url)}: the request cannot be sent as it is${details}; change its method or headers`,
      {
        cause,
      },
    )
  }
  const code = classify(cause, systemCode, said)
  return new DownloadError(code, `${shownUrl(url)}: ${advice(code, systemCode, cause)}${details}`, { cause })
}

function advice(code: DownloadErrorCode, systemCode: string, cause: unknown): string {
  // OpenSSL's alerts come as EPROTO, with their name in the message only
  if (code === 'ERR_TLS') {
    const named =
      systemCode === 'EPROTO' && cause instanceof Error ? cause.message.replaceAll(' ', '_').toUpperCase() : systemCode
    return TLS_ADVICE.find(([pattern]) => pattern.test(named))?.[1] ?? ADVICE.ERR_TLS
  }
  const fromHere = code === 'ERR_CONNECT' && cause instanceof Error && 'syscall' in cause && cause.syscall === 'bind'
  return fromHere ? 'this machine has no such address to connect from; check localAddress' : ADVICE[code]
}

function classify(cause: unknown, code: string, said: string): DownloadErrorCode {
  // it has no code in 7.30
  if (cause instanceof Error && cause.name === 'HTTPParserError') return 'ERR_PROTOCOL'
  // undici names answers that make no sense (an upgrade nobody asked for, bytes before the request) socket errors
  if (code === 'UND_ERR_SOCKET' && said.startsWith('bad ')) return 'ERR_PROTOCOL'
  const known = CODES.get(code)
  if (known !== undefined) return known
  if (code.startsWith('ERR_HTTP2_')) return 'ERR_PROTOCOL'
  if (TLS.test(code)) return 'ERR_TLS'
  return 'ERR_RESET'
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
