import { isDeepStrictEqual } from 'node:util'
import type {
  AnyBulkWriteOperation,
  Collection,
  Db,
  MongoBulkWriteError,
  OneOrMore,
  WriteConcernSettings,
  WriteError,
} from 'mongodb'
import { StoreError } from '../store/store-error.ts'
import { isDuplicate, type MongoDriver, mongoError } from './mongo-error.ts'
import { fieldAt, keyText } from './mongo-key.ts'

/** How often a document is tried that is there when it is inserted and is not when it is updated, since others write it too. */
const RACES = 5

/** One document to be stored. */
export interface MongoEntry {
  readonly collection: string
  readonly filter: Readonly<Record<string, unknown>>
  readonly fields: Readonly<Record<string, unknown>>
  /** What messages call it. */
  readonly origin: string
}

/** What came of looking for documents. */
interface Looked {
  readonly absent: readonly MongoEntry[]
  readonly changed: readonly MongoEntry[]
}

/** How documents are written. */
export interface MongoWriterOptions {
  readonly where: string
  /** What becomes of a document that is there: its fields are set one by one, or it is replaced as a whole. */
  readonly update: 'set' | 'replace'
  readonly writeConcern: WriteConcernSettings
  /** Milliseconds that the server may work on one command. */
  readonly deadline: number
}

/**
 * Upserts in unordered bulks. A crawl mostly brings what is new, and an insert costs a server less than an upsert, which has to look first
 * (FerretDB looks at every document, 40 µs each): so documents are inserted, and those that the unique index refuses are compared with what is
 * there, and updated if they differ. Where most of a batch was there already, the next one is compared first.
 */
export class MongoWriter {
  readonly #db: Db
  readonly #driver: MongoDriver
  readonly #options: MongoWriterOptions
  /** Collections in which most documents were there already. */
  readonly #known = new Set<string>()
  /** Ends once the server has refused to be looked into. */
  #mayLook = true

  constructor(db: Db, driver: MongoDriver, options: MongoWriterOptions) {
    this.#db = db
    this.#driver = driver
    this.#options = options
  }

  /** @throws StoreError */
  async write(entries: readonly MongoEntry[]): Promise<void> {
    const byCollection = new Map<string, MongoEntry[]>()
    for (const entry of entries) {
      const list = byCollection.get(entry.collection)
      if (list === undefined) byCollection.set(entry.collection, [entry])
      else list.push(entry)
    }
    for (const [name, list] of byCollection) await this.#writeTo(name, list)
  }

  async #writeTo(name: string, entries: readonly MongoEntry[]): Promise<void> {
    const collection = this.#db.collection(name, { writeConcern: this.#options.writeConcern })
    const { absent, changed } = this.#known.has(name) ? await this.#look(collection, entries) : { absent: entries, changed: [] }
    const met = await this.#insert(collection, absent)
    if ((entries.length - absent.length + met.length) * 2 > entries.length) this.#known.add(name)
    else this.#known.delete(name)
    const later = await this.#look(collection, met)
    let left: readonly MongoEntry[] = [...changed, ...later.changed, ...later.absent]
    for (let race = 0; left.length > 0; race++) left = await this.#upsert(collection, left, race)
  }

  /** Gives those that are there already. */
  async #insert(collection: Collection, entries: readonly MongoEntry[]): Promise<readonly MongoEntry[]> {
    if (entries.length === 0) return []
    const { ObjectId } = this.#driver
    const documents = entries.map(({ filter, fields }) => ({ _id: (filter['_id'] ?? new ObjectId()) as never, ...fields }))
    const errors = await this.#ask(() => collection.insertMany(documents, this.#commandOptions), entries)
    return errors.map(({ index }) => entries[index]!)
  }

  /** Gives those that somebody else inserted at the same moment. */
  async #upsert(collection: Collection, entries: readonly MongoEntry[], race: number): Promise<readonly MongoEntry[]> {
    const operations = entries.map((entry) => this.#upsertOf(entry))
    const errors = await this.#ask(() => collection.bulkWrite(operations, this.#commandOptions), entries)
    if (race >= RACES && errors[0] !== undefined) {
      throw this.#refusal(errors[0], entries, 'a unique index other than that of the key is in the way')
    }
    return errors.map(({ index }) => entries[index]!)
  }

  /**
   * Says which are not there, and which are there but not as they are: a page that is done again after a death brings the same once more. All are
   * asked for at once, where their key is one field; of several fields (FerretDB takes minutes for 500 of them), and where the user may not read, all
   * count as absent.
   */
  async #look(collection: Collection, entries: readonly MongoEntry[]): Promise<Looked> {
    const [field, ...others] = Object.keys(entries[0]?.filter ?? {})
    if (field === undefined || others.length > 0 || !this.#mayLook) return { absent: entries, changed: [] }
    const wanted = new Map(entries.map((entry) => [keyText(entry.filter[field]), entry]))
    const changed: MongoEntry[] = []
    try {
      const found = collection.find(
        { [field]: { $in: entries.map(({ filter }) => filter[field] as never) } },
        {
          maxTimeMS: this.#options.deadline,
          batchSize: entries.length + 1,
          // what a majority has cannot be rolled back, and a secondary may be behind
          readConcern: { level: 'majority' },
          readPreference: 'primary',
          // as they are in items
          promoteBuffers: true,
          useBigInt64: true,
        },
      )
      // one by one: what is there may be much larger than what is brought
      for await (const document of found) {
        const text = keyText(fieldAt(document, field))
        const entry = wanted.get(text)
        if (entry === undefined) continue
        wanted.delete(text)
        if (!this.#isStored(entry, document)) changed.push(entry)
      }
    } catch (error) {
      const judged = mongoError(error, this.#options.where, this.#driver)
      if (judged.transient) throw judged
      // who may write and not read writes all of them
      this.#mayLook = false
      return { absent: entries, changed: [] }
    }
    return { absent: [...wanted.values()], changed }
  }

  #isStored({ fields }: MongoEntry, document: Readonly<Record<string, unknown>>): boolean {
    const { _id: _, ...kept } = document
    const { _id: __, ...wanted } = fields
    const names = Object.keys(wanted)
    if (this.#options.update === 'replace' && names.length !== Object.keys(kept).length) return false
    return names.every((name) => isDeepStrictEqual(kept[name], wanted[name]))
  }

  #upsertOf({ filter, fields: { _id, ...fields } }: MongoEntry): AnyBulkWriteOperation {
    return this.#options.update === 'replace'
      ? { replaceOne: { filter, replacement: fields, upsert: true } }
      : { updateOne: { filter, update: { $set: fields }, upsert: true } }
  }

  get #commandOptions(): { ordered: false; maxTimeMS: number } {
    return { ordered: false, maxTimeMS: this.#options.deadline }
  }

  /** Those writes of a bulk that met a document with the same key. Any other error is thrown. */
  async #ask(send: () => Promise<unknown>, entries: readonly MongoEntry[]): Promise<readonly WriteError[]> {
    try {
      await send()
      return []
    } catch (error) {
      if (!(error instanceof this.#driver.MongoBulkWriteError)) throw mongoError(error, this.#options.where, this.#driver)
      const errors = listOf((error as MongoBulkWriteError).writeErrors)
      const other = errors.find(({ code }) => !isDuplicate(code))
      if (other !== undefined) throw this.#refusal(other, entries)
      if (errors.length === 0 || error.result.getWriteConcernError() !== undefined) {
        throw mongoError(error, this.#options.where, this.#driver)
      }
      return errors
    }
  }

  #refusal({ index, code, errmsg }: WriteError, entries: readonly MongoEntry[], hint?: string): StoreError {
    const { where } = this.#options
    const said = new this.#driver.MongoServerError({ message: errmsg ?? String(code), code })
    const judged = mongoError(said, where, this.#driver)
    if (judged.transient) return judged
    const { origin, collection } = entries[index]!
    const why = hint === undefined ? '' : `; ${hint}`
    return new StoreError('ERR_STORE_REFUSED', `${where} refused ${origin} in "${collection}": ${errmsg} (${code})${why}`, {
      cause: said,
    })
  }
}

function listOf<T>(value: OneOrMore<T> | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}
