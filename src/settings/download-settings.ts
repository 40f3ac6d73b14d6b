import type { DownloadErrorCode } from '../errors.ts'

/** How pages are downloaded. */
export interface DownloadSettings {
  /** Seconds for a download as a whole, from the DNS query to the last byte. @default 180 */
  readonly downloadTimeout: number
  /** Seconds to look a host name up. @default 10 */
  readonly dnsTimeout: number
  /** Seconds to connect once the address is known; with a proxy, until it has opened the way. @default 10 */
  readonly connectTimeout: number
  /** Seconds for the TLS handshake. @default 10 */
  readonly tlsTimeout: number
  /** Seconds from the request until the head of the answer is there; 0: as long as the download may take. @default 120 */
  readonly headersTimeout: number
  /** Seconds without a byte of the body; 0: as long as the download may take. @default 60 */
  readonly idleTimeout: number
  /** Bytes of a response's body, on the wire and decompressed, beyond which it is given up; 0: no limit. @default 104857600 */
  readonly maxResponseSize: number
  /** Bytes of a body beyond which a warning is logged; 0: never. @default 33554432 */
  readonly warnResponseSize: number
  /** Bytes of response bodies held at once beyond which no further page is started, and all downloads but one pause. @default 67108864 */
  readonly maxActiveBytes: number
  /** Items of a page that pipelines work on at once; 1: one after the other. They stay in their order. @default 100 */
  readonly concurrentItems: number
  /** A body shorter than announced is an error; otherwise it is delivered with the flag `dataloss`. @default true */
  readonly failOnDataLoss: boolean
  /** Check certificates. @default true */
  readonly verifyTls: boolean
  /** The oldest version of TLS that is spoken. @default 'TLSv1.2' */
  readonly tlsMinVersion: TlsVersion
  /** The newest version of TLS that is spoken. @default 'TLSv1.3' */
  readonly tlsMaxVersion: TlsVersion
  /** Cipher suites in OpenSSL's notation. @default '' (Node's) */
  readonly tlsCiphers: string
  /** A file with certificate authorities that are trusted beside Node's, in PEM. @default '' */
  readonly tlsCa: string
  /** Certificates that sites want to see, by host: files in PEM, or one in PKCS #12. @default {} */
  readonly clientCertificates: Readonly<Record<string, ClientCertificate>>
  /** Offer HTTP/2 to https sites. It costs 2 to 4 times the CPU of HTTP/1.1. @default false */
  readonly http2: boolean
  /** Origins with open connections at once; the one idle longest is closed first. @default 256 */
  readonly maxPools: number
  /** Seconds that the addresses of a host are remembered, or until its record expires where that is sooner and known; 0: not at all. @default 300 */
  readonly dnsCacheTtl: number
  /** Name servers to ask in place of the system's resolver: `['9.9.9.9', '[2620:fe::fe]:53']`; /etc/hosts does not count then. @default [] */
  readonly dnsServers: readonly string[]
  /** Connect by IPv4 only, by IPv6 only, or by whichever answers first (RFC 8305). @default 'any' */
  readonly ipFamily: 'any' | 'ipv4' | 'ipv6'
  /** The address of this machine that connections are made from. @default '' (the system's choice) */
  readonly localAddress: string
  /**
   * A proxy for all requests: `http://`, `https://` or `socks5://[user:password@]host:port`. `direct`: none, whatever the environment says. A
   * request's `proxy` wins. @default '' (what `http_proxy`, `https_proxy` and `all_proxy` in the environment say)
   */
  readonly proxy: string
  /** Hosts that are asked without the proxy, subdomains included; `*` is all. @default [] (what `no_proxy` in the environment says) */
  readonly noProxy: readonly string[]
  /** Ask for and undo gzip, deflate, br and zstd. @default true */
  readonly compression: boolean
  /** Follow redirects. @default true */
  readonly followRedirects: boolean
  /** Follow refreshes in the markup of a page (`<meta http-equiv="refresh">`). @default true */
  readonly metaRefresh: boolean
  /** Seconds; refreshes after this time or later are not followed. @default 100 */
  readonly metaRefreshMaxDelay: number
  /** Refreshes inside these elements do not count. @default ['noscript'] */
  readonly metaRefreshIgnoreTags: readonly string[]
  /** Redirects and refreshes in a row. @default 20 */
  readonly maxRedirects: number
  /** Added to the priority with each redirect. @default 2 */
  readonly redirectPriority: number
  /** Try failed downloads again. @default true */
  readonly retry: boolean
  /** Further tries after the first. @default 2 */
  readonly maxRetries: number
  /** Statuses that count as failed downloads. @default [500, 502, 503, 504, 522, 524, 408, 429] */
  readonly retryStatuses: readonly number[]
  /** Failures that count as passing, and are tried again. @default DNS, connection, reset, time-out, lost data, protocol and proxy */
  readonly retryErrors: readonly DownloadErrorCode[]
  /** Try requests again whose method may change something at the server (any but GET, HEAD, OPTIONS and TRACE). @default true */
  readonly retryUnsafe: boolean
  /** Added to the priority with each further try. @default -1 */
  readonly retryPriority: number
  /** The level at which a request is logged that failed for good. @default 'error' */
  readonly giveUpLogLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Seconds before the first further try; doubled for each one after, and drawn between 0.5 and 1.5 times that. @default 1 */
  readonly retryDelay: number
  /** Statuses outside 200-299 that callbacks want to see; `true` for all. @default [] */
  readonly handleStatus: readonly number[] | true
}

/** A version of TLS, as Node names it. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** A certificate of one's own: `cert` and `key`, or `pfx`, each the name of a file. */
export interface ClientCertificate {
  readonly cert?: string
  readonly key?: string
  readonly pfx?: string
  readonly passphrase?: string
}

/** What holds where nothing was set. */
export const downloadDefaults: DownloadSettings = {
  downloadTimeout: 180,
  dnsTimeout: 10,
  connectTimeout: 10,
  tlsTimeout: 10,
  headersTimeout: 120,
  idleTimeout: 60,
  maxResponseSize: 100 * 1024 * 1024,
  warnResponseSize: 32 * 1024 * 1024,
  maxActiveBytes: 64 * 1024 * 1024,
  concurrentItems: 100,
  failOnDataLoss: true,
  verifyTls: true,
  tlsMinVersion: 'TLSv1.2',
  tlsMaxVersion: 'TLSv1.3',
  tlsCiphers: '',
  tlsCa: '',
  clientCertificates: {},
  http2: false,
  maxPools: 256,
  dnsCacheTtl: 300,
  dnsServers: [],
  ipFamily: 'any',
  localAddress: '',
  proxy: '',
  noProxy: [],
  compression: true,
  followRedirects: true,
  metaRefresh: true,
  metaRefreshMaxDelay: 100,
  metaRefreshIgnoreTags: ['noscript'],
  maxRedirects: 20,
  redirectPriority: 2,
  retry: true,
  maxRetries: 2,
  retryStatuses: [500, 502, 503, 504, 522, 524, 408, 429],
  retryErrors: ['ERR_DNS', 'ERR_CONNECT', 'ERR_RESET', 'ERR_TIMEOUT', 'ERR_DATA_LOSS', 'ERR_PROTOCOL', 'ERR_PROXY'],
  retryUnsafe: true,
  retryPriority: -1,
  giveUpLogLevel: 'error',
  retryDelay: 1,
  handleStatus: [],
}
