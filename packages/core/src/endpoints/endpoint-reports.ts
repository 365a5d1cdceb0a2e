import type { Connection } from '@astranet/interface'
import { CodeCounter, type CodeCounts } from '../node/code-counts.js'
import type { Reporter } from '../node/reporter.js'
import { throwUncaught } from '../node/throw-uncaught.js'

/** A connection did not become a link: `{ error, network, localAddress, remoteAddress }`. */
const LINK_REFUSED = 'astranet:link:refused'

/** A listener broke, or could not accept a connection: `{ error, network, address }`. */
const LISTENER_ERROR = 'astranet:listener:error'

/** How many kinds of error are warned of. There are fewer; the limit bounds the memory whatever happens. */
const MAX_KINDS = 64

/** Where an error happened. */
export interface ReportSite {
  readonly network: string
  /** As it was asked for; then as it is. */
  address: string
  /** Replaces the warnings. */
  readonly onError: ((error: Error) => void) | undefined
}

/**
 * Reports errors at a node's endpoints: each one on the diagnostics channels and to `onError`; without `onError` the
 * first one of each kind as a process warning too. On a public address scanners connect all the time: one warning for
 * each would fill a disk.
 */
export class EndpointReports {
  readonly #reporter: Reporter
  readonly #kinds = new Set<string>()
  #hasWarnedOfUnprotected = false
  readonly #refused = new CodeCounter()
  #isSilent = false

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  /** Warns no more: the node is being closed, and its endpoints with it. */
  silence(): void {
    this.#isSilent = true
  }

  /** How many connections became no link, by the error's code. */
  get refusals(): CodeCounts {
    return this.#refused.counts
  }

  /** A connection did not become a link. */
  refused(site: ReportSite, { localAddress, remoteAddress }: Connection, error: Error): void {
    this.#refused.add(error)
    this.#reporter.publish(LINK_REFUSED, { error, network: site.network, localAddress, remoteAddress })
    callOnError(site, error)
    this.#warnOnce(site, error, remoteAddress)
  }

  /** The listener broke, or could not accept a connection. */
  failed(site: ReportSite, error: Error): void {
    const { network, address } = site
    this.#reporter.publish(LISTENER_ERROR, { error, network, address })
    callOnError(site, error)
    this.#warnOnce(site, error, '')
  }

  /** Every node that can connect is a member of the network, also those on other machines. */
  unprotected(network: string, address: string): void {
    if (this.#hasWarnedOfUnprotected) return
    this.#hasWarnedOfUnprotected = true
    this.#reporter.warn(
      `AstraNet listens on ${network} ${address} without a secret: links are encrypted all the same, but every node ` +
        'that can reach that address can join, dial and offer every service. ' +
        'Give the node a secret, or the transport mutual TLS, or listen on a loopback address.',
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
      `AstraNet refused ${whose} at ${network} ${address}, and will not warn again of errors of this kind: ` +
        `${error.message} (${String(code ?? error.name)})`,
      'ASTRA_WARN_REFUSED',
    )
  }
}

function callOnError({ onError }: ReportSite, error: Error): void {
  try {
    onError?.(error)
  } catch (thrown) {
    throwUncaught(thrown)
  }
}
