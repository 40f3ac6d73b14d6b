import { isAscii } from 'node:buffer'
import { baseUrlOf } from '../../http/base-url.ts'
import { decodeText } from '../../http/decode-text.ts'
import { HtmlResponse } from '../../http/html-response.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { tagAttributes } from '../../http/tag-attributes.ts'
import { replaceEntities } from '../../selector/replace-entities.ts'
import { safeUrl } from '../../url/safe-url.ts'
import { urlJoin } from '../../url/url-join.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { Redirection } from '../redirection.ts'
import { isHttp, shownUrl } from '../url-parts.ts'

/** As far as Scrapy looks, in characters. */
const REACH = 4096
const REASON = 'meta refresh'
const CONTENT = /^(\d*\.?\d+)\s*;\s*url=([\s\S]*)$/i
const MARKS = /^[\s"']+|[\s"']+$/g

/** What a page asks for. */
interface Refresh {
  /** Seconds. */
  readonly delay: number
  /** Undefined where what it says cannot be read. */
  readonly url: string | undefined
  readonly written: string
}

/**
 * Follows `<meta http-equiv="refresh" content="0; url=…">` in the first 4096 characters of an HTML page, with GET, under the rules and limits of
 * redirects. Comments and `metaRefreshIgnoreTags` do not count, nor do refreshes after `metaRefreshMaxDelay` seconds and later, those
 * without a URL, and those whose `content` has no quotes around it.
 *
 * The page itself is handed on where the request says `dontRedirect`, and where pages refresh to each other for ever (a clock, a slide show):
 * when the same step was made before.
 */
export const metaRefresh: DownloaderMiddlewareSpec = {
  name: 'meta-refresh',
  order: 580,
  create(context) {
    const { metaRefresh: wanted, metaRefreshMaxDelay: maxDelay, metaRefreshIgnoreTags } = context.settings
    if (!wanted || maxDelay <= 0) return undefined
    const redirection = new Redirection(context)
    const tags = tagPattern(metaRefreshIgnoreTags)

    function look(request: Request, page: Response | Request): Response | Request {
      if (!(page instanceof HtmlResponse) || !mayRefresh(page.body)) return page
      const refresh = refreshOf(page, tags)
      if (refresh === undefined || !(refresh.delay < maxDelay)) return page
      if (refresh.url !== undefined && wasStepBefore(request, refresh.url)) {
        context.log.debug(`refreshes again and again, taken as it is: ${shownUrl(request.url)}`)
        return page
      }
      return redirection.follow(request, page, { ...refresh, reason: REASON, asGet: true }) ?? page
    }

    return (request, next) => {
      if (request.options.dontRedirect === true || request.method === 'HEAD' || !isHttp(request.url)) return next(request)
      return next(request).then((page) => look(request, page))
    }
  },
}

/** Whether it is worth decoding. The look at bytes costs two microseconds; where a character may be several of them, or begin with NUL, it goes further. */
function mayRefresh(body: Buffer): boolean {
  const head = body.subarray(0, REACH)
  if (head.includes(0, 0) && (head[0] === 0 || head[1] === 0 || head[0]! >= 0xfe)) return true
  return /refresh/i.test(body.toString('latin1', 0, isAscii(head) ? REACH : REACH * 4))
}

/** The first refresh with a delay and a URL. */
function refreshOf(page: HtmlResponse, tags: RegExp): Refresh | undefined {
  const { encoding } = page
  // not all of it: it may be large, and what was decoded would be kept
  const head = decodeText(page.body.subarray(0, REACH * 4), encoding).slice(0, REACH)
  tags.lastIndex = 0
  for (let tag = tags.exec(head); tag !== null; tag = tags.exec(head)) {
    if (tag[0].length !== META.length || tag[0].toLowerCase() !== META) continue
    const { attributes, end } = tagAttributes(head, tags.lastIndex)
    tags.lastIndex = end
    // cut off in the middle of a value
    if (end >= head.length && !/["']$/.test(head)) continue
    const refresh = readRefresh(attributes)
    if (refresh === undefined) continue
    const { delay, written } = refresh
    try {
      const base = baseUrlOf(head, page.url, () => encoding)
      return { delay, written, url: urlJoin(base, safeUrl(written, { encoding })) }
    } catch {
      return { delay, written, url: undefined }
    }
  }
  return undefined
}

function readRefresh(
  attributes: readonly (readonly [name: string, value: string, quoted: boolean])[],
): { delay: number; written: string } | undefined {
  let isRefresh = false
  let content: RegExpExecArray | undefined
  for (const [name, value, quoted] of attributes) {
    if (name === 'http-equiv') isRefresh ||= /refresh/i.test(value)
    else if (name === 'content' && quoted) content ??= CONTENT.exec(plain(value)) ?? undefined
  }
  if (!isRefresh || content === undefined) return undefined
  return { delay: Number(content[1]), written: content[2]!.replace(MARKS, '') }
}

function plain(value: string): string {
  return value.includes('&') ? replaceEntities(value).replaceAll('&lt;', '<').replaceAll('&amp;', '&') : value
}

const META = '<meta'

/** Finds meta tags, and swallows comments and the elements in which they do not count; what is not closed goes on to the end. */
function tagPattern(ignored: readonly string[]): RegExp {
  const names = ignored.map((name) => name.replace(/[^\w-]/g, '\\$&')).join('|')
  const elements = names === '' ? '' : `|<(${names})(?=[\\s/>])[\\s\\S]*?(?:</\\1(?=[\\s/>])|$)`
  return new RegExp(`<!--[\\s\\S]*?(?:-->|$)${elements}|${META}(?=[\\s/])`, 'gi')
}

/** Whether this request and those before it have gone from this URL to that one already. */
function wasStepBefore({ url, state: { redirectUrls } }: Request, to: string): boolean {
  const here = withoutFragment(url)
  const there = withoutFragment(to)
  return redirectUrls.some((one, i) => withoutFragment(one) === here && withoutFragment(redirectUrls[i + 1] ?? url) === there)
}

function withoutFragment(url: string): string {
  const hash = url.indexOf('#')
  return hash < 0 ? url : url.slice(0, hash)
}
