import type { Catalogue, ServiceChange, Watch } from '@astranet/registry'
import { decodePunycode } from './punycode.js'

/**
 * How a URL writes `name` as its host: letters in lower case and, beyond ASCII, in Punycode, a number as an IPv4
 * address, percent-escapes decoded. A dot at the end is left out. `undefined` if it cannot be the host of a URL.
 */
export function hostInUrl(name: string): string | undefined {
  // These characters would end the host.
  if (/[?#\\/:@]/.test(name) || !URL.canParse(`http://${name}`)) return undefined
  return new URL(`http://${name}`).hostname.replace(/\.$/, '')
}

/**
 * The names that the host of a URL may stand for, as far as the host shows it: itself, what its Punycode stands for, and
 * the number that a URL writes as an IPv4 address. Which letters were in upper case does not show.
 */
export function namesInUrl(host: string): string[] {
  const names = [inUnicode(host), asNumber(host)].filter(
    (name) => name !== undefined && name !== host && hostInUrl(name) === host,
  )
  return [host, ...(names as string[])]
}

function inUnicode(host: string): string | undefined {
  const labels = host.split('.').map((label) => {
    return label.startsWith('xn--') ? decodePunycode(label.slice('xn--'.length)) : label
  })
  return labels.includes(undefined) ? undefined : labels.join('.')
}

function asNumber(host: string): string | undefined {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(host)) return undefined
  return String(host.split('.').reduce((number, part) => number * 256 + Number(part), 0))
}

/** The names of all services by their spelling in URLs. Nothing is kept before the first question. */
export class UrlNames {
  readonly #catalogue: Catalogue
  /** By environment and host. */
  readonly #names = new Map<string, Set<string>>()
  #watch: Watch<ServiceChange> | undefined = undefined

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** The names of present services of `environment` that a URL writes in the same way as `name`. */
  named(environment: string, name: string): string[] {
    const host = hostInUrl(name)
    if (host === undefined) return []
    this.#watch ??= this.#catalogue.watch(() => undefined)
    for (const change of this.#watch.take()) this.#note(change)
    return [...(this.#names.get(keyOf(environment, host)) ?? [])]
  }

  close(): void {
    this.#watch?.close()
    this.#names.clear()
  }

  #note({ service: { environment, name } }: ServiceChange): void {
    const host = hostInUrl(name)
    if (host === undefined) return
    const key = keyOf(environment, host)
    const names = this.#names.get(key) ?? new Set()
    // Another node may still offer it.
    if (this.#catalogue.resolve(environment, name).length > 0) names.add(name)
    else names.delete(name)
    if (names.size > 0) this.#names.set(key, names)
    else this.#names.delete(key)
  }
}

function keyOf(environment: string, host: string): string {
  return `${environment}\0${host}`
}
