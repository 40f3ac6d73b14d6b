import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { compression } from './compression.ts'
import { cookies } from './cookies.ts'
import { defaultHeaders } from './default-headers.ts'
import { easeOff } from './ease-off.ts'
import { httpAuth } from './http-auth.ts'
import { metaRefresh } from './meta-refresh.ts'
import { proxy } from './proxy.ts'
import { redirect } from './redirect.ts'
import { retry } from './retry.ts'
import { robots } from './robots.ts'
import { stats } from './stats.ts'
import { userAgent } from './user-agent.ts'

/** What is around every download unless a setting or a middleware of the same name says otherwise. */
export const builtInMiddlewares: readonly DownloaderMiddlewareSpec[] = [
  robots,
  httpAuth,
  defaultHeaders,
  userAgent,
  retry,
  metaRefresh,
  compression,
  redirect,
  cookies,
  proxy,
  easeOff,
  stats,
]
