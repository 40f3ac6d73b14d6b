import { CookieJar } from './cookie-jar.ts'

/** Jars with a name; beyond these the one used longest ago goes. */
const MAX_JARS = 1000
/** Bytes of the cookies in all of them. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * The jars of a crawl: its own, which always stays, and those that requests name by `cookieJar`. Of the latter there are 1,000 at most, with 64 MiB
 * of cookies together.
 */
export class CookieJars {
  readonly #own = new CookieJar()
  /** The one used longest ago comes first. */
  readonly #named = new Map<string, CookieJar>()
  readonly #onLoss: (name: string) => void
  #bytes = 0

  /** @param onLoss hears the name of each jar that goes with what is in it */
  constructor(onLoss: (name: string) => void) {
    this.#onLoss = onLoss
  }

  /** The jar of this name, made if there is none; `undefined` names the crawl's own. */
  get(name: string | undefined): CookieJar {
    if (name === undefined) return this.#own
    let jar = this.find(name)
    if (jar === undefined) {
      jar = new CookieJar()
      this.#named.set(name, jar)
      if (this.#named.size > MAX_JARS) this.#dropOldest()
    }
    return jar
  }

  /** The jar of this name, if there is one. */
  find(name: string | undefined): CookieJar | undefined {
    if (name === undefined) return this.#own
    const jar = this.#named.get(name)
    if (jar === undefined) return undefined
    this.#named.delete(name)
    this.#named.set(name, jar)
    return jar
  }

  /** To be told by how many bytes a jar with a name has grown. */
  grew(bytes: number): void {
    this.#bytes += bytes
    while (this.#bytes > MAX_BYTES && this.#named.size > 1) this.#dropOldest()
  }

  #dropOldest(): void {
    const [oldest] = this.#named
    if (oldest === undefined) return
    this.#named.delete(oldest[0])
    this.#bytes -= oldest[1].bytes
    this.#onLoss(oldest[0])
  }
}
