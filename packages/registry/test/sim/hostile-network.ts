import type { CatalogueLimits, Report } from '../../src/index.js'
import type { LogVersion, Message } from '../../src/proto/wire/message.js'
import { startNode } from './chaos.js'
import { forge, type Forgery } from './forge.js'
import { HostileProcess } from './hostile-process.js'
import { encodedLength } from './message-cost.js'
import type { Process } from './process.js'
import { must } from './sim-failure.js'
import type { Shape } from './topology.js'
import { disagreement } from './truth.js'
import { World } from './world.js'

/** Who is who in the network below. */
export const LEAF = 7
export const VICTIM = 8
export const HOSTILE = 9
/** A node far from the hostile one, to be killed. */
export const DOOMED = 10

/** Six routers, two plain nodes and a leaf, one more to be killed, and a hostile router with links to three routers. */
const SHAPE: Shape = {
  nodes: [
    ...Array.from({ length: 6 }, () => ({ role: 'router', scope: 'all' }) as const),
    { role: 'node', scope: 'all' },
    { role: 'leaf', scope: 'wanted' },
    { role: 'node', scope: 'all' },
    { role: 'router', scope: 'all' },
    { role: 'node', scope: 'all' },
  ],
  edges: [
    [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0], [0, 3], [1, 4], [2, 5],
    [6, 0], [6, 3], [LEAF, 1], [VICTIM, 4], [VICTIM, 5],
    [HOSTILE, 0], [HOSTILE, 1], [HOSTILE, 2],
    [DOOMED, 5],
  ],
} // prettier-ignore

/** What an attack did to the honest nodes. */
export interface Harm {
  /** Honest services that some honest node did not see for a while. */
  readonly removed: readonly string[]
  /** What honest nodes sent more than in a calm time. */
  readonly messages: number
  readonly bytes: number
  /** What the hostile node said. */
  readonly saidBytes: number
  /** The most that an honest node held. */
  readonly heldBytes: number
  /** Codes of the errors with which honest nodes closed links to the hostile one. */
  readonly refusals: ReadonlySet<string>
  readonly reports: readonly Report[]
}

/** A small network on virtual time with one member that lies. */
export class HostileNetwork {
  readonly world: World
  readonly hostile: HostileProcess
  readonly #removed: string[] = []
  readonly #refusals = new Set<string>()
  readonly #reports: Report[] = []
  #messages = 0
  #bytes = 0
  #saidBytes = 0

  private constructor(limits: Partial<CatalogueLimits>) {
    const world = new World({
      seed: 1,
      shape: SHAPE,
      delayMs: 50,
      windowMessages: Infinity,
      isEncoded: false,
      crypto: 'stand-in',
      limits,
    })
    this.world = world
    world.ledger.ignore(world.crypto.identity(HOSTILE).nodeId)
    SHAPE.nodes.forEach((_, index) => index !== HOSTILE && startNode(world, index))
    this.hostile = new HostileProcess(world, world.optionsOf(HOSTILE, 0))
    world.admit(this.hostile)
    this.#watch()
  }

  /** Makes one, and lets it come to rest. */
  static async make(limits: Partial<CatalogueLimits> = {}): Promise<HostileNetwork> {
    const network = new HostileNetwork(limits)
    await network.world.run(30_000)
    network.checkUnharmed()
    return network
  }

  get victim(): Process {
    return this.#process(VICTIM)
  }

  get doomed(): Process {
    return this.#process(DOOMED)
  }

  /** The version of a process's log as the hostile node holds it. */
  versionOf(process: Process): LogVersion {
    const state = this.hostile.oldest(process.nodeId, 'services')?.state
    must(state !== undefined, 'the hostile node has not heard of it')
    const { incarnation, sequence, check } = state
    return { owner: process.nodeId, kind: 'services', version: { incarnation, sequence, check } }
  }

  /** A log by the hostile node. */
  forge(forgery: Forgery): ReturnType<typeof forge> {
    const { crypto } = this.world.crypto
    return forge(this.world.crypto.identity(HOSTILE), crypto, forgery)
  }

  /**
   * Says something every so many ms for so long, and measures what that does. What honest nodes send in as long a calm
   * time is taken off.
   */
  async attack(
    say: (n: number) => Message | readonly Message[] | Promise<Message | readonly Message[]>,
    { everyMs = 100, forMs = 20_000 } = {},
  ): Promise<Harm> {
    this.#reset()
    await this.world.run(forMs)
    const calm = { messages: this.#messages, bytes: this.#bytes }
    this.#reset()
    let heldBytes = 0
    for (let n = 0; n * everyMs < forMs; n++) {
      for (const message of [await say(n)].flat() as Message[]) this.hostile.say(message)
      await this.world.run(everyMs)
      if (n % 10 === 0) heldBytes = Math.max(heldBytes, this.#heldBytes())
    }
    return {
      removed: this.#removed,
      messages: this.#messages - calm.messages,
      bytes: this.#bytes - calm.bytes,
      saidBytes: this.#saidBytes,
      heldBytes: Math.max(heldBytes, this.#heldBytes()),
      refusals: this.#refusals,
      reports: this.#reports,
    }
  }

  /** All honest nodes see each other's services, and nothing else of honest nodes. */
  checkUnharmed(): void {
    const difference = disagreement(this.world)
    must(difference === undefined, String(difference))
    for (const process of this.world.processes) process.mirror.check(this.world.clock.now())
  }

  #process(index: number): Process {
    const process = this.world.process(index)
    must(process !== undefined, `node ${index} does not run`)
    return process
  }

  #heldBytes(): number {
    return Math.max(...this.world.processes.map((process) => process.catalogue.inspect().heldBytes))
  }

  #reset(): void {
    this.#messages = 0
    this.#bytes = 0
    this.#saidBytes = 0
    this.#removed.length = 0
    this.#reports.length = 0
    this.#refusals.clear()
  }

  #watch(): void {
    const { world } = this
    world.onGone = (process, service) => {
      const isHarm = !process.isHostile && !world.ledger.isIgnored(service.nodeId)
      if (isHarm && world.ledger.retiredFor(service, world.clock.now()) === 0)
        this.#removed.push(`${service.name} of ${world.indexOf(service.nodeId)} at ${process.index}`)
    }
    world.onSent = (from, message) => {
      const bytes = encodedLength(message)
      if (from.owner === this.hostile) {
        this.#saidBytes += bytes
        return
      }
      this.#messages++
      this.#bytes += bytes
    }
    world.onRefused = (by, nodeId, error) => {
      if (by === this.hostile) return
      must(nodeId === this.hostile.nodeId, `node ${by.index} refused an honest node: ${error.message}`)
      this.#refusals.add((error as Error & { code: string }).code)
    }
    world.onReported = (by, report) => {
      if (by === this.hostile) return
      const isAbout = [report.speaker, report.owner].includes(this.hostile.nodeId)
      must(isAbout, () => `node ${by.index} reported an honest node: ${report.kind}, ${report.text}`)
      this.#reports.push(report)
    }
  }
}
