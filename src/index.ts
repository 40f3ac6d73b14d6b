export { type Config, defineConfig } from './crawl/contract.ts'
export { type CrawlOptions, type CrawlResult, crawl } from './crawl/crawl.ts'
export { frontierOptions as memoryFrontierOptions } from './crawl/frontier-of.ts'
export type {
  Download,
  DownloaderContext,
  DownloaderMiddleware,
  DownloaderMiddlewareSpec,
  DownloadHandler,
  DownloadHandlerFactory,
} from './downloader/contract.ts'
export {
  CloseSpider,
  DownloadError,
  type DownloadErrorCode,
  DropItem,
  type EndReason,
  IgnoreRequest,
  SkeinError,
  UsageError,
} from './errors.ts'
export type { Extension, ExtensionContext } from './extensions/contract.ts'
export type {
  FeedCompression,
  FeedFormatName,
  FeedOptions,
  FormatOptions,
  ItemClass,
  ParquetType,
} from './feed/contract.ts'
export type {
  Commit,
  Committed,
  Control,
  Counts,
  DeadLetter,
  Enqueued,
  Frontier,
  FrontierBackend,
  FrontierInspector,
  FrontierOptions,
  Lease,
  Leased,
  Limits,
  Outcome,
  SlotChange,
  SlotInfo,
  SlotPolicy,
  Tally,
  WorkerInfo,
} from './frontier/contract.ts'
export { MemoryFrontier } from './frontier/memory/memory-frontier.ts'
export type { CallbackRef } from './http/callback.ts'
export { decodeRequest, encodeRequest } from './http/codec.ts'
export { createResponse } from './http/create-response.ts'
export { Headers, type HeadersInit } from './http/headers.ts'
export { HtmlResponse } from './http/html-response.ts'
export { JsonResponse } from './http/json-response.ts'
export {
  type JsonObject,
  type JsonValue,
  Request,
  type RequestAuth,
  type RequestCookie,
  type RequestInit,
  type RequestOptions,
  type RequestState,
} from './http/request.ts'
export { type FollowInit, Response, type ResponseInit } from './http/response.ts'
export { TextResponse } from './http/text-response.ts'
export { XmlResponse } from './http/xml-response.ts'
export { type ComposeOptions, compose } from './item/compose.ts'
export { identity } from './item/identity.ts'
export {
  type FieldName,
  ItemLoader,
  type LoadedItem,
  type LoaderStep,
  type LoaderSteps,
} from './item/item-loader.ts'
export { join } from './item/join.ts'
export type { FieldProcessors, LoaderProcessors } from './item/loader-definition.ts'
export type { ItemLoaderInit } from './item/loader-init.ts'
export type { LoaderMatches, LoaderPage, LoaderSource } from './item/loader-source.ts'
export { mapCompose } from './item/map-compose.ts'
export type { LoaderContext, Processor } from './item/processor.ts'
export type { SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './item/standard-schema.ts'
export { takeFirst } from './item/take-first.ts'
export type { LogFields, Logger, LogLevel } from './log/contract.ts'
export type { Item, ItemInfo, Pipeline, PipelineContext } from './pipeline/contract.ts'
export { type DropDuplicatesOptions, dropDuplicates, type Identity } from './pipeline/drop-duplicates.ts'
export { files } from './pipeline/media/files.ts'
export { type ImageOptions, images } from './pipeline/media/images.ts'
export type { MediaOptions, MediaResult } from './pipeline/media/media-options.ts'
export { mongo } from './pipeline/mongo/mongo.ts'
export type { MongoKey } from './pipeline/mongo/mongo-key.ts'
export type { MongoOptions } from './pipeline/mongo/mongo-options.ts'
export type { JsonSchemaSource } from './pipeline/postgres/columns-of-schema.ts'
export { postgres } from './pipeline/postgres/postgres.ts'
export type { PostgresKey, PostgresOptions } from './pipeline/postgres/postgres-options.ts'
export { redisItems } from './pipeline/redis-items/redis-items.ts'
export type { RedisItemsOptions } from './pipeline/redis-items/redis-items-options.ts'
export { type Transformed, type TransformOptions, transform } from './pipeline/transform.ts'
export { type ValidateOptions, validate } from './pipeline/validate.ts'
export type { ScraperContext, ScraperMiddleware, ScraperMiddlewareSpec } from './scraper/contract.ts'
export type { Link } from './selector/links/link.ts'
export { LinkExtractor } from './selector/links/link-extractor.ts'
export type { LinkExtractorOptions } from './selector/links/link-options.ts'
export { Selector, SelectorList } from './selector/selector.ts'
export type { ClientCertificate, TlsVersion } from './settings/download-settings.ts'
export type { Credentials, ReferrerPolicy, SlotSettings } from './settings/polite-settings.ts'
export { resolveSettings } from './settings/resolve-settings.ts'
export type { Settings } from './settings/settings.ts'
export type {
  BytesReceived,
  CrawlEvents,
  CrawlSignals,
  HeadersReceived,
  RobotsParsed,
  SpiderIdle,
  StopDownload,
} from './signals/contract.ts'
export { CrawlSpider } from './spider/crawl-spider.ts'
export type { Failure } from './spider/failure.ts'
export type { Output, Outputs } from './spider/output.ts'
export type { FindsLinks, Rule } from './spider/rule.ts'
export type { SitemapEntry } from './spider/sitemap/sitemap-entry.ts'
export type { SitemapRule } from './spider/sitemap/sitemap-rule.ts'
export { SitemapSpider } from './spider/sitemap-spider.ts'
export { Spider, type SpiderClass } from './spider/spider.ts'
export { type Counter, Stats, type StatValue } from './stats/stats.ts'
export type { S3Options } from './storage/s3/s3-options.ts'
export { canonicalizeUrl } from './url/canonicalize-url.ts'
export { fingerprint, fingerprintHex } from './url/fingerprint.ts'
export { safeUrl } from './url/safe-url.ts'
export type { Clock } from './util/clock.ts'
export { VERSION } from './version.ts'
