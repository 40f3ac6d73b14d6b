import { DropItem, SkeinError, UsageError } from '../errors.ts'
import { Lane } from '../util/lane.ts'
import type { Item, ItemInfo, Pipeline, PipelineChain, PipelineContext } from './contract.ts'

/** What a chain tells of. */
export interface PipelineChainOptions {
  /** A part of an item that a pipeline had split was dropped. @default counts it in `item_dropped_count` and logs a warning */
  readonly onPartDropped?: (error: DropItem, part: Item, info: ItemInfo) => void
}

/** What an item does at one station and all after it. */
type Step = (item: Item, info: ItemInfo, out: Item[], lane: Lane) => void | Promise<void>

// biome-ignore lint/suspicious/noExplicitAny: pipelines of different items stand in one list; each is typed where it is written
type AnyPipeline = Pipeline<any, Item>

/**
 * Puts pipelines one behind the other. The chain is composed here, once; an item that meets no asynchronous pipeline costs no promise. What goes
 * through in one lane comes to each pipeline in its order.
 *
 * @throws UsageError `ERR_PIPELINE` for something that is no pipeline.
 */
export function createPipelineChain(pipelines: readonly AnyPipeline[] = [], options: PipelineChainOptions = {}): PipelineChain {
  pipelines.forEach(check)
  const opened: AnyPipeline[] = []
  const storing = pipelines.filter(({ flush }) => flush !== undefined)
  let onPartDropped = options.onPartDropped ?? (() => {})
  const collect: Step = (item, _info, out) => {
    out.push(item)
  }
  const steps = pipelines.reduceRight<Step>(
    (next, pipeline) => station(pipeline, next, (...drop) => onPartDropped(...drop)),
    collect,
  )

  return {
    async open(context) {
      onPartDropped = options.onPartDropped ?? tellOf(context)
      try {
        for (const pipeline of pipelines) {
          await pipeline.open?.(context)
          opened.push(pipeline)
        }
      } catch (error) {
        await closeAll(opened).catch(() => {})
        throw error
      }
    },
    process(item, info, lane = new Lane()) {
      if (pipelines.length === 0) return [item]
      const out: Item[] = []
      const pending = steps(item, info, out, lane)
      return pending === undefined ? out : pending.then(() => out)
    },
    flush() {
      return storing.length > 0 ? flushAll(storing) : undefined
    },
    close: () => closeAll(opened),
  }
}

function station(pipeline: AnyPipeline, next: Step, onPartDropped: NonNullable<PipelineChainOptions['onPartDropped']>): Step {
  // not the pipeline: one may stand in the list twice
  const place = {}

  function pass(result: Item | readonly Item[], info: ItemInfo, out: Item[], lane: Lane): void | Promise<void> {
    if (!Array.isArray(result)) {
      if (!isItem(result)) throw noItem(pipeline, result)
      return next(result, info, out, lane)
    }
    for (const part of result) if (!isItem(part)) throw noItem(pipeline, part)
    return result.length === 1 ? next(result[0], info, out, lane) : parts(result, 0, info, out, lane)
  }

  function parts(list: readonly Item[], from: number, info: ItemInfo, out: Item[], lane: Lane): void | Promise<void> {
    for (let i = from; i < list.length; i++) {
      const part = list[i]!
      const about = new PartOrigin(info, i)
      try {
        const pending = next(part, about, out, lane)
        if (pending === undefined) continue
        return pending.catch((error: unknown) => dropped(error, part, about)).then(() => parts(list, i + 1, info, out, lane))
      } catch (error) {
        dropped(error, part, about)
      }
    }
  }

  function dropped(error: unknown, part: Item, info: ItemInfo): void {
    if (!(error instanceof DropItem)) throw error
    onPartDropped(error, part, info)
  }

  return (item, info, out, lane) =>
    lane.onward(
      place,
      pipeline.process(item, info),
      (result) => pass(result, info, out, lane),
      // its parts go one behind the other
      (result) => Array.isArray(result) && result.length > 1,
    )
}

/** Where a part of a split item comes from. A store that upserts by key must not take the parts for one item. */
class PartOrigin implements ItemInfo {
  readonly #whole: ItemInfo
  readonly #place: number

  constructor(whole: ItemInfo, place: number) {
    this.#whole = whole
    this.#place = place
  }

  get key(): string {
    return `${this.#whole.key}.${this.#place}`
  }

  get request(): ItemInfo['request'] {
    return this.#whole.request
  }

  get response(): ItemInfo['response'] {
    return this.#whole.response
  }
}

async function flushAll(pipelines: readonly AnyPipeline[]): Promise<void> {
  const results = await Promise.allSettled(pipelines.map(async (pipeline) => pipeline.flush?.()))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Empties the list, so that closing twice closes once. */
async function closeAll(opened: AnyPipeline[]): Promise<void> {
  const errors: unknown[] = []
  for (let pipeline = opened.pop(); pipeline !== undefined; pipeline = opened.pop()) {
    try {
      await pipeline.close?.()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1)
    throw new AggregateError(errors, `${errors.length} pipelines failed to close: ${errors.map(messageOf).join('; ')}`)
}

function tellOf({ stats, log }: PipelineContext): (error: DropItem, part: Item, info: ItemInfo) => void {
  return (error, _part, info) => {
    stats.inc('item_dropped_count')
    stats.counter('item_dropped_reasons_count').label(error.name).add()
    log.warn(`Dropped a part of an item: ${error.message}`, { url: info.request?.url })
  }
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function noItem({ name }: AnyPipeline, value: unknown): SkeinError {
  const what = Array.isArray(value) ? 'a list inside a list' : value === null ? 'null' : typeof value
  return new SkeinError(
    'ERR_PIPELINE_RESULT',
    `the pipeline "${name}" returned ${what} from process(). Return the item, a list of items, or throw DropItem`,
  )
}

function check(pipeline: unknown, index: number): void {
  if (typeof (pipeline as AnyPipeline | undefined | null)?.process === 'function') return
  const hint = typeof pipeline === 'function' ? '; make one of the class first: new MyPipeline()' : ''
  throw new UsageError('ERR_PIPELINE', `pipeline ${index + 1} of the list is no pipeline: it has no process() method${hint}`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
