import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

interface Rule {
  /** Without dots at its ends. */
  readonly name: string
  readonly port: number | undefined
}

/**
 * Which hosts are asked without a proxy, as curl, Go and Python read `no_proxy`: a name stands for itself and its subdomains, with a dot or `*.`
 * before it or without; addresses and networks (`10.0.0.0/8`, `fd00::/8`) for the hosts that URLs name by address; `host:port` for that port only;
 * `*` for all.
 *
 * @example
 * new NoProxy(['example.com', '10.0.0.0/8']).has('www.example.com', 443) // true
 */
export class NoProxy {
  #all = false
  readonly #rules: Rule[] = []
  readonly #networks = new BlockList()

  /** Entries that cannot be read match nothing. */
  constructor(list: readonly string[]) {
    for (const item of list) {
      const entry = item.trim().toLowerCase()
      if (entry === '*') this.#all = true
      else if (!this.#addNetwork(entry)) this.#addName(entry)
    }
  }

  /** `host`: in lower case, IPv6 without brackets. */
  has(host: string, port: number): boolean {
    if (this.#all) return true
    const name = host.replace(/\.$/, '')
    for (const rule of this.#rules) {
      if (rule.port !== undefined && rule.port !== port) continue
      if (name === rule.name || (name.endsWith(rule.name) && name.at(-rule.name.length - 1) === '.' && isIP(name) === 0))
        return true
    }
    const family = isIP(name)
    return family !== 0 && this.#networks.check(name, family === 6 ? 'ipv6' : 'ipv4')
  }

  #addNetwork(entry: string): boolean {
    const [address = '', bits, ...more] = entry.replace(/^\[(.*)\]$/, '$1').split('/')
    const family = isIP(address)
    if (family === 0 || more.length > 0) return false
    const type = family === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) this.#networks.addAddress(address, type)
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
      this.#networks.addSubnet(address, Number(bits), type)
    return true
  }

  #addName(entry: string): void {
    const [, host = '', port] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry)!
    const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/^\*?\.+|\.$/g, '')
    const name = isIP(bare) === 0 ? domainToASCII(bare) : bare
    if (name !== '') this.#rules.push({ name, port: port === undefined ? undefined : Number(port) })
  }
}
