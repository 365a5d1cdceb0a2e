import { onAbort, toError, type ByteDuplex, type Clock, type NodeId } from '@astranet/interface'
import {
  CloseCode,
  Link,
  linkError,
  type DoorwaySlots,
  type LinkIntroduction,
  type LinkRole,
} from '@astranet/link'
import type { SessionLimits } from '@astranet/mux'
import type { Identity } from '@astranet/secure'
import type { Encryption } from '../api/options.js'
import type { AtExit } from '../node/at-exit.js'
import type { MachineWatch } from '../node/machine-watch.js'
import type { LinkCredentials } from './link-credentials.js'
import { DIRECT, type LinkPath } from './link-path.js'
import type { LinkEvents } from './link-events.js'
import type { LinkTable } from './link-table.js'
import { slotAddressOf } from './tunnel-origin.js'

/** What making links needs of the node. */
export interface LinkMakerParts {
  readonly identity: Identity
  /** What links prove for which nothing else is given. */
  readonly credentials: LinkCredentials
  readonly encryption: Encryption
  /** Those of accepted pipes. */
  readonly slots: DoorwaySlots
  readonly introduction: () => LinkIntroduction
  readonly clock: Clock
  readonly helloTimeoutMs: number
  readonly sessionLimits: SessionLimits
  readonly table: LinkTable
  readonly events: LinkEvents
  readonly atExit: AtExit
  readonly machine: MachineWatch
}

/** How to make one link. */
export interface AdoptOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with the link when it is made and not started, once, from inside the call. */
  readonly onMade?: (link: Link) => void
  /** Called when the link has closed, also before it was open; `error` is why, if it is a fault. */
  readonly onClosed?: (error: Error | undefined) => void
  /** Default: those of the node. */
  readonly credentials?: LinkCredentials | undefined
  /** The only node that is accepted, beside what the credentials say. */
  readonly expectedNodeId?: NodeId
  /** The transport's network, of a connection that this node dialed. */
  readonly network?: string
  /** Default: a connection. A link through routers is always encrypted, and carries no registry. */
  readonly path?: LinkPath
  /** For a link through routers: the link that the tunnel's stream belongs to. */
  readonly over?: Link
  /** Whether a join of the program makes it. Default: not. */
  readonly isJoined?: boolean
}

/** Makes links of pipes, dialed, accepted or attached. */
export class LinkMaker {
  readonly #parts: LinkMakerParts
  #sequence = 0

  constructor(parts: LinkMakerParts) {
    this.#parts = parts
  }

  /**
   * Makes a link of a pipe. Resolves with the node's id when both sides have admitted each other; rejects when the link
   * ends before. `signal` ends it until then, and the promise rejects with its reason. The pipe belongs to the link in
   * any case.
   */
  async adopt(
    duplex: ByteDuplex,
    role: LinkRole,
    {
      signal,
      credentials: given,
      path = DIRECT,
      network = '',
      over,
      isJoined = false,
      expectedNodeId,
      onMade,
      onClosed,
    }: AdoptOptions = {},
  ): Promise<NodeId> {
    const proved = given ?? this.#parts.credentials
    const credentials = expectedNodeId === undefined ? proved : { ...proved, expectedNodeId }
    if (signal?.aborted === true) {
      duplex.abort(toError(signal.reason))
      signal.throwIfAborted()
    }
    const { introduction, table, atExit, machine } = this.#parts
    const { localAddress, remoteAddress } = duplex
    const { incarnation } = introduction()
    const link = this.#makeLink(duplex, role, { credentials, path })
    // The process lives for those who wait for the link, and for its sockets.
    duplex.unref?.()
    let ignoreSignal = (): void => undefined
    try {
      return await new Promise<NodeId>((resolve, reject) => {
        const giveUp = (): void => {
          reject(signal?.reason as Error)
          link.destroy(toError(signal?.reason))
        }
        const opening = { resolve, reject }
        const leave = atExit(link)
        const unwatch = machine.watch(link)
        const forget = (): void => {
          leave()
          unwatch()
        }
        table.add(link, {
          role,
          localAddress,
          network,
          remoteAddress,
          path,
          over,
          isJoined,
          credentials,
          incarnation,
          opening,
          identity: undefined,
          quota: undefined,
          nodeId: undefined,
          forget,
          onClosed,
        })
        ignoreSignal = onAbort(signal, giveUp)
        onMade?.(link)
        link.start()
      })
    } finally {
      ignoreSignal()
    }
  }

  #makeLink(
    duplex: ByteDuplex,
    role: LinkRole,
    { credentials, path }: { readonly credentials: LinkCredentials; readonly path: LinkPath },
  ): Link {
    const { identity, slots, introduction, clock, helloTimeoutMs, sessionLimits, table, events } = this.#parts
    const isDirect = path.kind === 'direct'
    const { expectedNodeId } = credentials
    const encryption = isDirect ? this.#parts.encryption : 'always'
    try {
      if (table.isClosed) throw linkError(CloseCode.NO_ERROR, 'this node is closed')
      this.#sequence += 1
      return new Link(duplex, {
        ...{ role, identity, ...credentials, encryption, clock, helloTimeoutMs },
        introduction: introduction(),
        handler: isDirect ? events : events.relayed,
        slots: role === 'acceptor' ? slots : undefined,
        slotAddress:
          isDirect || expectedNodeId === undefined ? undefined : slotAddressOf(path, expectedNodeId),
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        sequence: this.#sequence,
        sessionOptions: sessionLimits,
      })
    } catch (error) {
      duplex.abort(toError(error))
      throw error
    }
  }
}
