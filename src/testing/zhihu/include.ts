import { RecentMap } from '../../util/recent-map.ts'

/** One field of an `include`. */
export interface IncludedField {
  /** Only entries of this type: `badge[?(type=best_answerer)]`. */
  readonly type: string | undefined
  /** What of its entries is wanted beyond what they always have: `badge.topics`. */
  readonly inner: string | undefined
}

/** The fields that an `include` names, by name. */
export type Include = ReadonlyMap<string, IncludedField>

const NONE: Include = new Map()
const known = new RecentMap<string, Include>(200)

/**
 * Reads an `include` as the API does: names with commas between them, of which one of a list begins with `data[*].`, and may say more in
 * brackets. Names that no object has (`thanked_Count`, which every spider copies) stand for nothing.
 */
export function parseInclude(text: string | null): Include {
  if (text === null || text === '') return NONE
  let include = known.get(text)
  if (include === undefined) {
    include = read(text)
    known.set(text, include)
  }
  return include
}

function read(text: string): Include {
  const fields = new Map<string, IncludedField>()
  // commas inside brackets divide nothing
  for (const part of text.match(/(?:\[[^\]]*\]|[^,[])+/g) ?? []) {
    const [, name, type, inner] =
      /^(?:data\[\*\]\.)?(\w+)(?:\[\?\(type=(\w+)\)\]|\[[^\]]*\])?(?:\.(\w+))?/.exec(part.trim()) ?? []
    if (name !== undefined) fields.set(name, { type, inner })
  }
  return fields
}
