import type { FeedOptions } from '../../src/feed/contract.ts'

/** Ends of the names of feeds that are whole at any time. */
export const LIVE_KINDS = ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'json.gz', 'csv.gz', 'xml.gz'] as const

/** Those of them that `-o` goes on in. */
export const APPENDABLE_KINDS = ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'csv.gz'] as const

/** A feed that comes to its place when it is whole. */
export interface SpooledKind {
  /** The end of its name. */
  readonly name: string
  readonly options: Partial<FeedOptions>
  readonly appendable: boolean
}

const PACKED = ['jsonl.br', 'json.br', 'csv.br', 'xml.br', 'jsonl.zst', 'json.zst', 'csv.zst', 'xml.zst']
const AT_END = ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'json.gz', 'xml.gz']

export const SPOOLED_KINDS: readonly SpooledKind[] = [
  ...PACKED.map((name) => ({ name, options: {}, appendable: true })),
  ...AT_END.map((name) => ({ name, options: { place: 'atEnd' }, appendable: true }) as const),
  { name: 'parquet', options: { fields: ['id', 'text'] }, appendable: false },
]
