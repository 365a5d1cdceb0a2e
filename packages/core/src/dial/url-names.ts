import type { Catalogue, ServiceChange, Watch } from '@astranet/registry'

/**
 * What a URL makes of `name` when it is the host: letters in lower case and, beyond ASCII, in Punycode, a number as an IPv4
 * address, percent-escapes decoded. A dot at the end is left out. `undefined` when a URL cannot have it as its host.
 */
export function hostInUrl(name: string): string | undefined {
  // These would end the host.
  if (/[?#\\/:@]/.test(name) || !URL.canParse(`http://${name}`)) return undefined
  return new URL(`http://${name}`).hostname.replace(/\.$/, '')
}

/** The services that are offered, by what a URL makes of their names: nothing is kept before somebody asks. */
export class UrlNames {
  readonly #catalogue: Catalogue
  /** By environment and host. */
  readonly #names = new Map<string, Set<string>>()
  #watch: Watch<ServiceChange> | undefined = undefined

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** The names of services, offered in `environment` now, that a URL writes as it writes `name`. */
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
    // It may be offered elsewhere still.
    if (this.#catalogue.resolve(environment, name).length > 0) names.add(name)
    else names.delete(name)
    if (names.size > 0) this.#names.set(key, names)
    else this.#names.delete(key)
  }
}

function keyOf(environment: string, host: string): string {
  return `${environment}\0${host}`
}
