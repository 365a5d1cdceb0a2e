import type { NodeId } from '@astranet/interface'
import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import { rng, VirtualClock, type Rng } from '@astranet/testkit/sim'
import {
  Catalogue,
  MAX_MESSAGE_BYTES,
  type CatalogueLimits,
  type CatalogueOptions,
  type RegistryMessage,
  type Report,
  type ServiceInstance,
} from '../../src/index.js'
import { Ledger } from './ledger.js'
import { MessageCost } from './message-cost.js'
import type { Driver } from './driver.js'
import { Process, type ProcessHost, type ProcessOptions } from './process.js'
import { simCrypto, type SimCrypto, type SimCryptoKind } from './sim-crypto.js'
import { must, SimFailure } from './sim-failure.js'
import { SimLink, type LinkEnd, type LinkHost, type SimPeer } from './sim-link.js'
import type { Shape } from './topology.js'

/** How a world behaves. */
export interface WorldOptions {
  readonly seed: number
  readonly shape: Shape
  readonly delayMs: number
  /** Messages of a link that are on their way or not acknowledged: a slow link holds back what is due. */
  readonly windowMessages: number
  /** Whether messages are encoded and decoded, as on a real link. */
  readonly isEncoded: boolean
  readonly crypto: SimCryptoKind
  readonly limits: Partial<CatalogueLimits>
}

/** A pair of nodes that has a link whenever it can. */
export interface Edge {
  readonly a: number
  readonly b: number
  isBroken: boolean
  isDialing: boolean
  link: SimLink | undefined
}

/** The wall clock of all nodes when a run begins, ms since 1970. */
const EPOCH_MS = 1_700_000_000_000
const RETRY_MS = 1_000
/** How much time passes between two reports of progress, ms. */
const SLICE_MS = 1_000

/** A network of catalogues on virtual time. */
export class World implements LinkHost, ProcessHost {
  options: WorldOptions
  readonly clock: VirtualClock = new VirtualClock({ maxEvents: 100_000_000 })
  readonly rng: Rng
  readonly crypto: SimCrypto
  readonly ledger: Ledger = new Ledger()
  readonly cost: MessageCost = new MessageCost()
  readonly edges: readonly Edge[]
  /** The life of each node that runs now. */
  readonly peers: (SimPeer | undefined)[]
  /** Makes the catalogue of a process; another one shows whether what is wrong with it is noticed. */
  makeCatalogue: (options: CatalogueOptions) => Catalogue = (options) => new Catalogue(options)
  /** Called with each service that a node sees anew, and each message. */
  onSeen: ((process: Process, service: ServiceInstance) => void) | undefined
  onGone: ((process: Process, service: ServiceInstance) => void) | undefined
  onSent: ((from: LinkEnd, message: RegistryMessage) => void) | undefined
  /** Honest nodes end no link for what another honest node sends: by default both are failures. */
  onRefused: (by: Driver, nodeId: NodeId, error: Error) => void = (by, nodeId, error) => {
    throw new SimFailure(`node ${by.index} refused ${this.indexOf(nodeId)}: ${error.message}`)
  }
  onReported: (by: Driver, report: Report) => void = (by, report) => {
    if (report.kind !== 'rival' && report.kind !== 'flood')
      throw new SimFailure(`node ${by.index} reported ${report.kind}: ${report.text}`)
  }
  /** Called now and then while time passes. */
  onProgress: ((virtualMs: number) => void) | undefined
  readonly #lives: number[]
  readonly #indexes = new Map<NodeId, number>()
  /** The side of a split that each node is on. */
  #sides: readonly number[] | undefined
  #failure: Error | undefined

  constructor(options: WorldOptions) {
    this.options = options
    this.rng = rng(options.seed)
    this.crypto = simCrypto(options.crypto, this.clock, this.rng.fork())
    this.edges = options.shape.edges.map(([a, b]) => ({
      a,
      b,
      isBroken: false,
      isDialing: false,
      link: undefined,
    }))
    this.peers = options.shape.nodes.map(() => undefined)
    this.#lives = options.shape.nodes.map(() => 0)
    options.shape.nodes.forEach((_, index) => this.#indexes.set(this.crypto.identity(index).nodeId, index))
  }

  /** The honest processes that run. */
  get processes(): Process[] {
    return this.peers.filter((peer): peer is Process => peer instanceof Process && !peer.isHostile)
  }

  process(index: number): Process | undefined {
    const peer = this.peers[index]
    return peer instanceof Process ? peer : undefined
  }

  indexOf(nodeId: NodeId): number | undefined {
    return this.#indexes.get(nodeId)
  }

  isRunning(peer: SimPeer): boolean {
    return this.peers[peer.index] === peer
  }

  /** Starts a node; its wall clock is off by so many ms. Does nothing when it runs. */
  start(index: number, clockOffMs = 0): void {
    if (this.peers[index] !== undefined) return
    this.admit(new Process(this, this.optionsOf(index, clockOffMs)))
  }

  /** What the next life of a node begins with. */
  optionsOf(index: number, clockOffMs: number): ProcessOptions {
    const planned = this.options.shape.nodes[index]
    must(planned !== undefined, `there is no node ${index}`)
    const wallMs = Math.floor(EPOCH_MS + this.clock.now() + clockOffMs)
    const life = (this.#lives[index] ?? 0) + 1
    this.#lives[index] = life
    return {
      index,
      life,
      role: planned.role,
      catalogue: planned.scope,
      signer: this.crypto.identity(index),
      crypto: this.crypto.crypto,
      incarnation: wallMs * 1_024 + this.rng.integer(0, 1_023),
      ...this.options.limits,
    }
  }

  /** Lets something take part that is no process of an honest node. */
  admit(peer: SimPeer): void {
    this.peers[peer.index] = peer
    for (const edge of this.edges) if (edge.a === peer.index || edge.b === peer.index) this.#dial(edge)
  }

  /** Ends a process. `reset`: its links are closed; `silent`: the machine has gone. */
  kill(index: number, how: 'reset' | 'silent'): void {
    const peer = this.peers[index]
    if (peer === undefined) return
    this.peers[index] = undefined
    if (peer instanceof Process) peer.end()
    for (const { link } of this.edges) {
      const end = link?.ends.find((each) => each.owner === peer)
      if (end === undefined) continue
      end.isUp = false
      link?.cut(how, end)
    }
  }

  /** Cuts an edge until it is mended. */
  breakEdge(edge: Edge, how: 'reset' | 'silent'): void {
    edge.isBroken = true
    edge.link?.cut(how)
  }

  mendEdge(edge: Edge): void {
    edge.isBroken = false
    this.#dial(edge)
  }

  /** Splits the network: nodes of different sides do not reach each other. `undefined` heals it. */
  split(sides: readonly number[] | undefined): void {
    this.#sides = sides
    for (const edge of this.edges) {
      if (this.#canConnect(edge)) this.#dial(edge)
      else edge.link?.cut('silent')
    }
  }

  /** The link of an edge moves to another pipe; both ends begin anew. */
  moveLink(edge: Edge): void {
    if (edge.link?.isUp === true) this.#connect(edge, edge.link)
  }

  after(delayMs: number, callback: () => void): void {
    this.clock.setTimer(delayMs, callback)
  }

  /** Runs for so many ms. Throws what a check found. */
  async run(ms: number): Promise<void> {
    if (this.options.crypto !== 'later') {
      const endMs = this.clock.now() + ms
      for (let left = ms; left > 0; left = endMs - this.clock.now()) {
        this.clock.advance(Math.min(left, SLICE_MS))
        this.onProgress?.(this.clock.now())
      }
    } else {
      let isOver = false
      this.after(ms, () => (isOver = true))
      while (!isOver) {
        this.clock.step()
        // Promises that were settled by this step go on before the next one.
        await new Promise(setImmediate)
      }
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Something failed where nobody can catch it. */
  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
  }

  sent(from: LinkEnd, message: RegistryMessage): void {
    this.cost.add(message)
    this.onSent?.(from, message)
  }

  encode(message: RegistryMessage): Uint8Array {
    return encodeMessage(message)
  }

  decode(bytes: Uint8Array): unknown {
    const decoder = new MessageDecoder({ maxBytes: MAX_MESSAGE_BYTES })
    decoder.push(bytes)
    const result = decoder.next()
    must(result.kind === 'message', 'a message does not decode')
    return result.value
  }

  seen(process: Process, service: ServiceInstance): void {
    this.onSeen?.(process, service)
  }

  gone(process: Process, service: ServiceInstance): void {
    this.onGone?.(process, service)
  }

  refused(by: Driver, nodeId: NodeId, error: Error): void {
    this.onRefused(by, nodeId, error)
  }

  reported(by: Driver, report: Report): void {
    this.onReported(by, report)
  }

  #canConnect({ a, b, isBroken }: Edge): boolean {
    return !isBroken && (this.#sides === undefined || this.#sides[a] === this.#sides[b])
  }

  #dial(edge: Edge): void {
    if (edge.isDialing) return
    edge.isDialing = true
    this.after(this.options.delayMs * 2 + this.rng.float() * RETRY_MS, () => {
      edge.isDialing = false
      const isConnected = edge.link !== undefined && !edge.link.isCut
      if (!isConnected && this.#canConnect(edge)) this.#connect(edge)
    })
  }

  #connect(edge: Edge, before?: SimLink): void {
    const [a, b] = [this.peers[edge.a], this.peers[edge.b]]
    if (a === undefined || b === undefined) return
    const link = new SimLink(this, this.rng.chance(0.5) ? [a, b] : [b, a], before)
    link.onCut = () => {
      if (edge.link === link) this.#dial(edge)
    }
    edge.link = link
    link.open()
  }
}
