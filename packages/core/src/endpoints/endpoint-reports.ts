import type { Connection } from '@astranet/interface'
import { callBack } from './call-back.js'
import type { Reporter } from '../node/platform.js'

/** A connection did not become a link: `{ error, network, localAddress, remoteAddress }`. */
const LINK_REFUSED = 'astranet:link:refused'

/** A listener broke, or could not accept a connection: `{ error, network, address }`. */
const LISTENER_ERROR = 'astranet:listener:error'

/** Kinds of trouble that are warned of: more than there are, so that nothing grows whatever comes. */
const MAX_KINDS = 64

/** Where something went wrong. */
export interface ReportSite {
  readonly network: string
  /** As it was asked for, and then as it is. */
  address: string
  /** Takes the place of warnings. */
  readonly onError: ((error: Error) => void) | undefined
}

/**
 * Tells what goes wrong at a node's endpoints: each time on the diagnostics channels and to `onError`; where there is no
 * `onError`, the first time of each kind as a process warning too. Strangers come by all the time wherever they can: one
 * line each would fill a disk.
 */
export class EndpointReports {
  readonly #reporter: Reporter
  readonly #kinds = new Set<string>()
  #hasWarnedOfOpenDoor = false
  #isSilent = false

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  /** No warnings from now on: what ends now ends because the node does. */
  silence(): void {
    this.#isSilent = true
  }

  refused(site: ReportSite, { localAddress, remoteAddress }: Connection, error: Error): void {
    this.#reporter.publish(LINK_REFUSED, { error, network: site.network, localAddress, remoteAddress })
    callBack(site.onError, error)
    this.#warnOnce(site, error, remoteAddress)
  }

  failed(site: ReportSite, error: Error): void {
    const { network, address } = site
    this.#reporter.publish(LISTENER_ERROR, { error, network, address })
    callBack(site.onError, error)
    this.#warnOnce(site, error, '')
  }

  /** Whoever can connect is a member of the network, and not only this machine's programs can. */
  openDoor(network: string, address: string): void {
    if (this.#hasWarnedOfOpenDoor) return
    this.#hasWarnedOfOpenDoor = true
    this.#reporter.warn(
      `AstraNet listens on ${network} ${address} without authentication: whoever reaches that address can dial and ` +
        'offer every service. Give the node a secret, or the transport mutual TLS, or listen on a loopback address.',
      'ASTRA_WARN_UNAUTHENTICATED',
    )
  }

  #warnOnce({ network, address, onError }: ReportSite, error: Error, remoteAddress: string): void {
    const code = (error as { code?: unknown }).code
    const kind = `${network} ${String(code ?? error.name)}`
    if (this.#isSilent || onError !== undefined || this.#kinds.has(kind) || this.#kinds.size >= MAX_KINDS)
      return
    this.#kinds.add(kind)
    const whose = remoteAddress === '' ? 'a connection' : `a connection from ${remoteAddress}`
    this.#reporter.warn(
      `AstraNet turned away ${whose} at ${network} ${address}, and will not say so again for this reason: ` +
        `${error.message} (${String(code ?? error.name)})`,
      'ASTRA_WARN_REFUSED',
    )
  }
}
