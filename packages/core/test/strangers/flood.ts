import { Child } from './children.js'
import { bytesOf, recordedFirst, type StrangerKind } from './first-bytes.js'
import type { FloodCounts, FloodPlan } from './flood-process.js'
import { HonestPeer, type JoinOutcome } from './honest-peer.js'
import type { Sample } from './node-process.js'

/** What one flood is like. */
export interface FloodOptions {
  readonly kind: StrangerKind
  /** The strangers' addresses: so many of 127.1.0.0/16. */
  readonly addresses: number
  /** Half handshakes that begin in a second, of all addresses together. */
  readonly perSecond: number
  readonly seconds: number
  /** At least so many joins are tried, even if that takes longer. */
  readonly joins: number
  readonly maxTries: number
}

/** What was seen in a flood. */
export interface FloodReport {
  readonly counts: FloodCounts
  readonly seconds: number
  /** Before the flood, then about once a second. */
  readonly samples: readonly Sample[]
  /** Some time after it. */
  readonly after: Sample
  readonly joins: readonly JoinOutcome[]
}

const ROUND_TRIP_MS = 150

/** A node in a process of its own, and an honest peer of it. */
export class FloodedNode implements AsyncDisposable {
  readonly #node: Child
  readonly #address: string
  readonly #first: Buffer
  readonly #honest: HonestPeer

  private constructor(node: Child, parts: { address: string; first: Buffer; honest: HonestPeer }) {
    this.#node = node
    this.#address = parts.address
    this.#first = parts.first
    this.#honest = parts.honest
  }

  static async start(secret: string | undefined): Promise<FloodedNode> {
    const { child, first: address } = await Child.start<string>('node-process', { secret })
    const path = { target: address, localAddress: '127.2.0.1', roundTripMs: ROUND_TRIP_MS }
    const honest = await HonestPeer.open(secret, path)
    // Both sides stretch the secret once, with their first link, which is not what is measured.
    await honest.join(1)
    return new FloodedNode(child, { address, first: await recordedFirst(secret), honest })
  }

  async flood(options: FloodOptions): Promise<FloodReport> {
    const plan: FloodPlan = {
      address: this.#address,
      localAddresses: Array.from({ length: options.addresses }, (_, index) => `127.1.0.${index}`),
      perSecond: options.perSecond,
      bytes: bytesOf(options.kind, this.#first).toString('hex'),
    }
    const samples = [await this.#sample()]
    const joins: JoinOutcome[] = []
    const startedAt = performance.now()
    const elapsed = (): number => (performance.now() - startedAt) / 1_000
    const { child: strangers } = await Child.start('flood-process', plan)
    while (elapsed() < options.seconds || joins.length < options.joins) {
      joins.push(await this.#honest.join(options.maxTries))
      if (samples.length <= elapsed()) samples.push(await this.#sample())
    }
    const seconds = elapsed()
    samples.push(await this.#sample())
    const counts = await strangers.ask<FloodCounts>('counts')
    await strangers[Symbol.asyncDispose]()
    return { counts, seconds, samples, after: await this.#settled(samples[0]), joins }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#honest[Symbol.asyncDispose]()
    await this.#node[Symbol.asyncDispose]()
  }

  #sample(): Promise<Sample> {
    return this.#node.ask('sample')
  }

  /** Once the node has noticed that the strangers' process is gone. */
  async #settled(before: Sample | undefined): Promise<Sample> {
    const most = before?.descriptors ?? 0
    let held = await this.#node.ask<number>('descriptors')
    while (held > most) held = await this.#node.ask<number>('descriptors')
    return await this.#sample()
  }
}
