import { toNodeId, type AstraError, type NodeId } from '@astranet/interface'
import { Catalogue, type CatalogueLimits, type RegistryMessage } from '../src/index.js'

/** The id of the n-th node of a test. */
export function id(n: number): NodeId {
  return toNodeId(BigInt(n))
}

/** Catalogues joined by lossless ordered pipes whose messages arrive when the test says so. */
export class Network {
  readonly nodes: Catalogue[] = []
  readonly #limits: Partial<CatalogueLimits>
  readonly #pipes = new Map<string, RegistryMessage[]>()
  /** Why links were closed because of what one node holds of all others. */
  readonly refused: AstraError[] = []
  now = 0

  constructor(count: number, limits: Partial<CatalogueLimits> = {}) {
    this.#limits = limits
    for (let n = 0; n < count; n++) this.nodes.push(this.#catalogue(n, 1_000))
  }

  node(n: number): Catalogue {
    const node = this.nodes[n]
    if (node === undefined) throw new RangeError(`there is no node ${n}`)
    return node
  }

  isUp(a: number, b: number): boolean {
    return this.#pipes.has(`${a}>${b}`)
  }

  /** A link, or another one in place of the one that is there, whose messages in flight are lost. */
  linkUp(a: number, b: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#pipes.set(`${from}>${to}`, [])
      this.node(from).neighbourUp(id(to), this.now, this.node(to).incarnation)
    }
  }

  linkDown(a: number, b: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#pipes.delete(`${from}>${to}`)
      this.node(from).neighbourDown(id(to), this.now)
    }
  }

  restart(n: number, incarnation: number): Catalogue {
    for (let other = 0; other < this.nodes.length; other++) if (this.isUp(n, other)) this.linkDown(n, other)
    return this.replace(n, incarnation)
  }

  /** A restart that the neighbours do not notice. */
  replace(n: number, incarnation: number): Catalogue {
    const node = this.#catalogue(n, incarnation)
    this.nodes[n] = node
    return node
  }

  /** Moves at most one message into a pipe and at most one out of it. Returns how many moved. */
  step(from: number, to: number): number {
    const pipe = this.#pipes.get(`${from}>${to}`)
    if (pipe === undefined) return 0
    const sent = this.node(from).nextMessage(id(to), this.now)
    if (sent !== undefined) pipe.push(sent)
    return (sent === undefined ? 0 : 1) + this.deliver(from, to)
  }

  deliver(from: number, to: number): number {
    const message = this.#pipes.get(`${from}>${to}`)?.shift()
    if (message === undefined) return 0
    const error = this.node(to).receive(id(from), message, this.now)
    if (error !== undefined) throw error
    for (const { nodeId, error } of this.node(to).takeRefused()) {
      this.refused.push(error)
      this.linkDown(to, Number(nodeId))
    }
    return 1
  }

  /** Exchanges messages until none is due and none is in flight. Returns how many times a message moved. */
  settle(): number {
    let total = 0
    for (let moved = -1; moved !== 0; total += moved) {
      if (total > 100_000) throw new Error('the catalogues do not come to rest')
      moved = 0
      for (let from = 0; from < this.nodes.length; from++) {
        for (let to = 0; to < this.nodes.length; to++) moved += this.step(from, to)
      }
    }
    return total
  }

  #catalogue(n: number, incarnation: number): Catalogue {
    return new Catalogue({ self: id(n), incarnation, ...this.#limits })
  }
}

/** What a node offers, as lines that can be compared. */
export function offersOf(catalogue: Catalogue, owner: NodeId): string[] {
  return catalogue
    .services()
    .filter((service) => service.nodeId === owner)
    .map(
      ({ environment, name, port, weight, tags }) =>
        `${environment}/${name}:${port} ${weight} ${tags.join()}`,
    )
    .sort()
}
