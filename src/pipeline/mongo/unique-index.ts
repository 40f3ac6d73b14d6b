import type { Db } from 'mongodb'
import { StoreError } from '../store/store-error.ts'
import { isDuplicate, type MongoDriver, mongoError } from './mongo-error.ts'

interface IndexFacts {
  readonly name?: string
  readonly key: Readonly<Record<string, unknown>>
  readonly unique?: boolean
  readonly partialFilterExpression?: object
}

/**
 * Makes the unique index on the key, unless there is one.
 *
 * @throws StoreError ERR_STORE_CONFLICT where documents share a key already, or an index on the same fields is not unique
 */
export async function ensureUniqueIndex(
  db: Db,
  name: string,
  fields: readonly string[],
  parts: { readonly where: string; readonly driver: MongoDriver; readonly deadline: number },
): Promise<void> {
  const { where, driver, deadline } = parts
  const collection = db.collection(name)
  const wanted = fields.map((field) => `${field}_1`).join('_')
  const present = await collection
    .indexes({ maxTimeMS: deadline })
    .then((all) => (all as readonly IndexFacts[]).find(({ key }) => sameFields(Object.keys(key), fields)))
    .catch((error: { code?: unknown }) => {
      // no such collection
      if (error.code === 26) return undefined
      throw mongoError(error, where, driver)
    })
  if (present?.unique === true && present.partialFilterExpression === undefined) return
  if (present !== undefined) {
    const why = present.unique === true ? 'covers a part of the documents only' : 'is not unique'
    throw conflict(
      `the index "${present.name}" of "${name}" on ${list(fields)} ${why}. Drop it, and the crawl makes one that fits: db.getCollection(${JSON.stringify(name)}).dropIndex(${JSON.stringify(present.name)})`,
    )
  }
  try {
    await collection.createIndex(Object.fromEntries(fields.map((field) => [field, 1])), {
      unique: true,
      name: wanted,
      maxTimeMS: deadline,
    })
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    // FerretDB on SQLite passes on what SQLite says
    if (!isDuplicate(code) && !/UNIQUE constraint failed/.test(message)) throw mongoError(error, where, driver)
    const twice = await duplicate(db, name, fields, deadline)
    throw conflict(
      `the unique index "${wanted}" cannot be made on "${name}": ${twice ?? message}. Remove the documents that are there twice, or choose another key or collection`,
      error,
    )
  }

  function conflict(message: string, cause?: unknown): StoreError {
    return new StoreError('ERR_STORE_CONFLICT', `${where}: ${message}`, cause === undefined ? {} : { cause })
  }
}

/** Says which key is there more than once, where that can be found out in time. */
async function duplicate(db: Db, name: string, fields: readonly string[], deadline: number): Promise<string | undefined> {
  const _id = Object.fromEntries(fields.map((field, index) => [`k${index}`, `$${field}`]))
  const found = await db
    .collection(name)
    .aggregate<{ _id: Record<string, unknown>; count: number }>(
      [
        { $group: { _id: fields.length === 1 ? `$${fields[0]}` : _id, count: { $sum: 1 } } },
        { $match: { count: { $gt: 1 } } },
        { $limit: 1 },
      ],
      { maxTimeMS: deadline, allowDiskUse: true },
    )
    .next()
    .catch(() => null)
  if (found === null) return undefined
  const values = fields.length === 1 ? [found._id] : fields.map((_, index) => found._id?.[`k${index}`])
  const text = fields.map((field, index) => `${field} = ${JSON.stringify(values[index] ?? null).slice(0, 200)}`).join(', ')
  return `${found.count} documents have ${text}`
}

function sameFields(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && b.every((field) => a.includes(field))
}

const list = (fields: readonly string[]): string => fields.map((field) => `"${field}"`).join(', ')
