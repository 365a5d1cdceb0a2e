import { onAbort, toError, type ByteDuplex, type Clock, type NodeId } from '@astranet/interface'
import {
  CloseCode,
  Link,
  linkError,
  PreferredLink,
  type LinkHandler,
  type LinkIdentity,
  type LinkRole,
  type PreferenceStep,
  type StreamHeader,
} from '@astranet/link'
import type { SessionLimits, Stream } from '@astranet/mux'
import { pipeRefusal, type Proving } from './proof-policy.js'
import type { Conflicts } from './conflicts.js'
import { Duplicates } from './standby-links.js'
import { Handshakes } from './pending-handshakes.js'
import type { AtExit } from '../node/platform.js'
import { probe, type Verdict } from './probe.js'

/** What the node wants to know of its links. */
export interface PeersEvents {
  /** There is a link to the node where there was none, or another is preferred now. */
  onPreferred(nodeId: NodeId, link: Link): void
  /** There is no link to the node any more. */
  onLost(nodeId: NodeId): void
  /** The registry at the other end said something. */
  onRegistry(nodeId: NodeId, link: Link, message: unknown): void
  /** The registry's stream of the link takes more. */
  onRegistryWritable(nodeId: NodeId, link: Link): void
  /** The peer opened a stream. */
  onStream(nodeId: NodeId, link: Link, incoming: IncomingStream): void
}

/** A stream that the peer opened, as the link gives it. */
export interface IncomingStream {
  readonly header: StreamHeader
  readonly stream: Stream
  readonly rest: Uint8Array | undefined
}

/** How links are made. */
export interface PeersOptions extends Proving {
  readonly identity: () => LinkIdentity
  readonly clock: Clock
  readonly helloTimeoutMs: number
  readonly sessionLimits: SessionLimits
  readonly conflicts: Conflicts
  readonly events: PeersEvents
  readonly atExit: AtExit
}

interface Opening {
  resolve(nodeId: NodeId): void
  reject(error: Error): void
}

interface LinkRecord {
  readonly role: LinkRole
  readonly remoteAddress: string
  /** This node's incarnation in the link's HELLO. */
  readonly incarnation: number
  /** Who waits for the link to open. */
  opening: Opening | undefined
  nodeId: NodeId | undefined
  /** It has not to leave any more when the program ends. */
  readonly forget: () => void
}

/** All links of a node, and which of several to the same node is preferred. */
export class Peers implements LinkHandler {
  readonly #options: PeersOptions
  readonly #links = new Map<Link, LinkRecord>()
  readonly #preferred = new Map<NodeId, PreferredLink<Link>>()
  #sequence = 0
  readonly #handshakes: Handshakes = new Handshakes()
  readonly #duplicates: Duplicates
  readonly #watchers = new Map<NodeId, Set<() => void>>()
  #idle: (() => void)[] = []
  #isClosed = false

  constructor(options: PeersOptions) {
    this.#options = options
    this.#duplicates = new Duplicates(options.clock, (link) => this.#drain(link))
  }

  /** The link to use for the node, if there is one. */
  linkTo(nodeId: NodeId): Link | undefined {
    return this.#preferred.get(nodeId)?.preferred
  }

  /** All open links to the node. */
  linksTo(nodeId: NodeId): Link[] {
    return [...this.#links].flatMap(([link, record]) => (record.nodeId === nodeId ? [link] : []))
  }

  /** The nodes there are links to, with the preferred link of each. */
  *[Symbol.iterator](): Generator<[NodeId, Link]> {
    for (const [nodeId, { preferred }] of this.#preferred)
      if (preferred !== undefined) yield [nodeId, preferred]
  }

  /** Calls `onLost` once when there is no link to the node any more, soon if there is none now. Returns what ends that. */
  watch(nodeId: NodeId, onLost: () => void): () => void {
    const watcher = (): void => onLost()
    const unwatch = (): boolean => {
      const watchers = this.#watchers.get(nodeId)
      if (watchers?.delete(watcher) !== true) return false
      if (watchers.size === 0) this.#watchers.delete(nodeId)
      return true
    }
    const watchers = this.#watchers.get(nodeId) ?? new Set()
    this.#watchers.set(nodeId, watchers.add(watcher))
    if (this.linkTo(nodeId) === undefined) this.#options.clock.defer(() => void (unwatch() && onLost()))
    return () => void unwatch()
  }

  /**
   * Makes a link of a pipe. Resolves with the node's id when both HELLOs are accepted, rejects when it ends before;
   * `signal` ends it until then, and the promise rejects with its reason. The pipe is used up in any case.
   */
  async adopt(duplex: ByteDuplex, role: LinkRole, signal?: AbortSignal): Promise<NodeId> {
    if (signal?.aborted === true) {
      duplex.abort(toError(signal.reason))
      signal.throwIfAborted()
    }
    const { remoteAddress } = duplex
    const { incarnation } = this.#options.identity()
    const link = this.#makeLink(duplex, role)
    if (role === 'acceptor') this.#handshakes.add(link)
    let ignoreSignal = (): void => undefined
    try {
      return await new Promise<NodeId>((resolve, reject) => {
        const giveUp = (): void => {
          reject(signal?.reason as Error)
          link.destroy(toError(signal?.reason))
        }
        const opening = { resolve, reject }
        const forget = this.#options.atExit(link)
        this.#links.set(link, { role, remoteAddress, incarnation, opening, nodeId: undefined, forget })
        ignoreSignal = onAbort(signal, giveUp)
        link.start()
      })
    } finally {
      this.#handshakes.delete(link)
      ignoreSignal()
    }
  }

  #makeLink(duplex: ByteDuplex, role: LinkRole): Link {
    const { identity, clock, helloTimeoutMs, sessionLimits, proof, insecure } = this.#options
    try {
      if (this.#isClosed) throw linkError(CloseCode.NO_ERROR, 'this node is closed')
      const refusal = pipeRefusal(this.#options, duplex)
      if (refusal !== undefined) throw refusal
      this.#sequence += 1
      return new Link(duplex, {
        role,
        identity: identity(),
        handler: this,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        sequence: this.#sequence,
        helloTimeoutMs,
        clock,
        ...(proof === undefined ? {} : { proof, insecure }),
        sessionOptions: sessionLimits,
      })
    } catch (error) {
      duplex.abort(toError(error))
      throw error
    }
  }

  /** Closes all links, and takes no more; resolves when they are over. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const link of [...this.#links.keys()]) link.close()
    if (this.#links.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** This node's incarnation is another one than its HELLOs said: the neighbours go by it. */
  tellIncarnation(incarnation: number): void {
    for (const link of this.#links.keys()) link.tellIncarnation(incarnation)
  }

  onOpen(link: Link): void {
    const record = this.#links.get(link)
    const nodeId = link.peer?.nodeId
    if (record === undefined || nodeId === undefined) return
    record.nodeId = nodeId
    let choice = this.#preferred.get(nodeId)
    if (choice === undefined) {
      choice = new PreferredLink<Link>(this.#options.identity().nodeId, nodeId)
      this.#preferred.set(nodeId, choice)
    }
    const { identity, conflicts } = this.#options
    const { incarnation } = identity()
    if (incarnation !== record.incarnation) link.tellIncarnation(incarnation)
    const older = choice.preferred
    const before = older === undefined ? undefined : this.#links.get(older)
    this.#take(nodeId, choice.add(link))
    if (older !== undefined && before !== undefined)
      conflicts.opened(nodeId, { ...before, link: older }, { ...record, link })
    record.opening?.resolve(nodeId)
    record.opening = undefined
  }

  onRegistry(link: Link, message: unknown): void {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId !== undefined) this.#options.events.onRegistry(nodeId, link, message)
  }

  onRegistryWritable(link: Link): void {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId !== undefined) this.#options.events.onRegistryWritable(nodeId, link)
  }

  onStream(link: Link, header: StreamHeader, stream: Stream, rest: Uint8Array | undefined): void {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId === undefined) stream.destroy()
    else this.#options.events.onStream(nodeId, link, { header, stream, rest })
  }

  /** The peer has a link to another node with this node's id. */
  onConflict(link: Link): void {
    const record = this.#links.get(link)
    if (record !== undefined && !this.#isClosed) this.#options.conflicts.own(record.remoteAddress)
  }

  /** The peer takes no new streams on it: those that are open go on. */
  onGoAway(link: Link): void {
    this.#withdraw(link, this.#links.get(link)?.nodeId)
  }

  onClose(link: Link, error: Error | undefined): void {
    const record = this.#links.get(link)
    if (record === undefined) return
    this.#links.delete(link)
    if (!this.#isClosed) this.#options.conflicts.ended(error, record)
    record.forget()
    record.opening?.reject(error ?? linkError(CloseCode.NO_ERROR, 'the link was closed before it was open'))
    this.#withdraw(link, record.nodeId)
    if (this.#links.size > 0) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** Links that are not preferred stand by: their streams go on, and for a while they can take over. */
  #take(nodeId: NodeId, steps: PreferenceStep<Link>[]): void {
    const { events, identity } = this.#options
    for (const step of steps) {
      if (step.kind === 'ping') {
        const { link } = step
        probe(link, this.#options.clock, (verdict) => this.#judge(nodeId, link, verdict))
      }
      // One side does it, the same whichever asks.
      else if (step.kind === 'standBy' && identity().nodeId < nodeId) this.#duplicates.add(step.link)
      else if (step.kind === 'prefer' && step.link !== undefined) {
        this.#duplicates.delete(step.link)
        events.onPreferred(nodeId, step.link)
      } else if (step.kind === 'prefer') {
        this.#preferred.delete(nodeId)
        events.onLost(nodeId)
        this.#tellWatchers(nodeId)
      }
    }
  }

  #tellWatchers(nodeId: NodeId): void {
    const watchers = this.#watchers.get(nodeId)
    this.#watchers.delete(nodeId)
    for (const watcher of watchers ?? []) watcher()
  }

  /** The link is not to be preferred any more. */
  #withdraw(link: Link, nodeId: NodeId | undefined): void {
    this.#duplicates.delete(link)
    const choice = nodeId === undefined ? undefined : this.#preferred.get(nodeId)
    if (nodeId !== undefined && choice !== undefined) this.#take(nodeId, choice.remove(link))
  }

  /** The link has stood by long enough: it ends when its last stream does. */
  #drain(link: Link): void {
    this.#withdraw(link, this.#links.get(link)?.nodeId)
    void link.drain()
  }

  #judge(nodeId: NodeId, link: Link, verdict: Verdict): void {
    const choice = this.#preferred.get(nodeId)
    if (choice !== undefined) this.#take(nodeId, choice[verdict](link))
  }
}
