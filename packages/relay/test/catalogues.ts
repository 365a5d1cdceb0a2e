import type { NodeId } from '@astranet/interface'
import { Catalogue, type CatalogueRole, type NeighbourFacts, type RegistryCrypto } from '@astranet/registry'
import { generateIdentitySync, NodeSignatures, type Identity } from '@astranet/secure'

const signatures = new NodeSignatures()

/** What answers at once, however many signatures there are in a turn: a new one for each. */
const crypto: RegistryCrypto = {
  hash: (bytes) => signatures.hash(bytes),
  nodeIdOf: (publicKey) => signatures.nodeIdOf(publicKey),
  verify: (publicKey, signature, message) => new NodeSignatures().verify(publicKey, signature, message),
}

/** Identities whose node ids rise with their numbers. */
const identities: readonly Identity[] = Array.from({ length: 20 }, () => generateIdentitySync()).sort(
  (a, b) => (a.nodeId < b.nodeId ? -1 : 1),
)

function identityOf(n: number): Identity {
  const identity = identities[n]
  if (identity === undefined) throw new RangeError(`there are ${identities.length} identities`)
  return identity
}

/** The id of node `n`. */
export function id(n: number): NodeId {
  return identityOf(n).nodeId
}

/** The catalogue of node `n`. */
export function catalogueOf(n: number, role: CatalogueRole = 'node'): Catalogue {
  const { nodeId, publicKey, sign, signNow } = identityOf(n)
  return new Catalogue({
    signer: { nodeId, publicKey, sign: signNow ?? sign },
    crypto,
    ...{ incarnation: 1_000, role, catalogue: 'all', random: () => 0.5 },
  })
}

/** What a neighbour is told of node `n`. */
export function facts(n: number, role: CatalogueRole = 'node'): NeighbourFacts {
  return { nodeId: id(n), incarnation: 1_000, role, holdsAll: true }
}

/** Nodes whose links have a cost, and whose messages arrive at once. */
export class Network {
  readonly #roles: Readonly<Record<number, CatalogueRole>>
  readonly #nodes = new Map<number, Catalogue>()
  #now = 0

  /** Nodes without a role are plain ones. */
  constructor(roles: Readonly<Record<number, CatalogueRole>>) {
    this.#roles = roles
  }

  node(n: number): Catalogue {
    const node = this.#nodes.get(n) ?? catalogueOf(n, this.#roles[n])
    this.#nodes.set(n, node)
    return node
  }

  link(a: number, b: number, costMs: number): void {
    const ends = [
      [a, b],
      [b, a],
    ] as const
    for (const [from, to] of ends) this.node(from).neighbourUp(facts(to, this.#roles[to]), this.#now)
    for (const [from, to] of ends) this.node(from).publishLink(id(to), costMs, this.#now)
    this.#settle()
  }

  cut(a: number, b: number): void {
    this.node(a).neighbourDown(id(b), this.#now)
    this.node(b).neighbourDown(id(a), this.#now)
    this.#settle()
  }

  /** Passes on messages for 10 s, which is longer than anything waits. */
  #settle(): void {
    for (const end = this.#now + 10_000; this.#now < end; this.#now += 50) while (this.#exchange() > 0);
  }

  #exchange(): number {
    let moved = 0
    for (const [n, node] of this.#nodes) {
      for (const to of node.due(this.#now)) {
        for (let message = node.nextMessage(to, this.#now); message !== undefined; moved++) {
          const error = this.#at(to)?.receive(id(n), message, this.#now)
          if (error !== undefined) throw error instanceof Error ? error : new Error('it answers later')
          message = node.nextMessage(to, this.#now)
        }
      }
    }
    return moved
  }

  #at(nodeId: NodeId): Catalogue | undefined {
    for (const [n, node] of this.#nodes) if (id(n) === nodeId) return node
    return undefined
  }
}
