export { type CallbackOutputs, callbackOutputs, type TestPage } from './callback-outputs.ts'
export type {
  ConcurrencyLimit,
  FakeSite,
  FakeSiteOptions,
  Fault,
  FaultChance,
  LogNormalLatency,
  RateLimit,
  SiteAnswer,
  SiteHandler,
  SiteLoad,
  SitePage,
  SiteReply,
  SiteRequest,
  SiteRoutes,
  SiteStats,
  SiteVisit,
} from './contract.ts'
export { fakeSite } from './fake-site.ts'
export { type LogLine, type TestCrawl, testCrawl } from './test-crawl.ts'
export type { NextStyle } from './zhihu/paging.ts'
export type { Profile } from './zhihu/profile.ts'
export { LIST_QUERY, USER_QUERY } from './zhihu/queries.ts'
export type { Works } from './zhihu/user-facts.ts'
export { type ZhihuExpectation, type ZhihuSite, type ZhihuSiteOptions, zhihuSite } from './zhihu/zhihu-site.ts'
