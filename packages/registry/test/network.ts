import type { AstraError, NodeId } from '@astranet/interface'
import {
  Catalogue,
  type CatalogueOptions,
  type CatalogueRole,
  type CatalogueScope,
  type RegistryCrypto,
  type RegistryMessage,
} from '../src/index.js'
import { encodeMessage } from '../src/proto/wire/encode.js'
import type { Message } from '../src/proto/wire/message.js'
import { identity, nodeCrypto } from './support/identity.js'

/** How a node of a test is made. */
export interface NodeSetup extends Partial<Omit<CatalogueOptions, 'role' | 'catalogue'>> {
  readonly role?: CatalogueRole
  readonly catalogue?: CatalogueScope
}

const checked = new Map<string, boolean>()

/** Real cryptography that checks the same signature once for all nodes of a test. */
const sharedCrypto: RegistryCrypto = {
  ...nodeCrypto,
  verify(publicKey, signature, message) {
    const key = [publicKey, signature, message].map((bytes) => Buffer.from(bytes).toString('base64')).join()
    const known = checked.get(key) ?? (nodeCrypto.verify(publicKey, signature, message) as boolean)
    checked.set(key, known)
    return known
  },
}

const identities = new Map<number, ReturnType<typeof identity>>()

/** The identity of the n-th node of a test. */
export function signerOf(n: number): ReturnType<typeof identity> {
  const known = identities.get(n) ?? identity(n)
  identities.set(n, known)
  return known
}

/** The id of the n-th node of a test. */
export function id(n: number): NodeId {
  return signerOf(n).nodeId
}

interface Pipe {
  readonly messages: RegistryMessage[]
  /** Whether the receiver has not taken its last message yet. */
  isBusy: boolean
}

/** Catalogues joined by lossless ordered pipes whose messages arrive at once, or when the test says so. */
export class Network {
  readonly nodes: Catalogue[] = []
  readonly #setups: NodeSetup[]
  readonly #pipes = new Map<string, Pipe>()
  /** Errors that ended links. */
  readonly cut: { readonly at: number; readonly from: number; readonly error: AstraError }[] = []
  /** Messages by their type, as they were sent. */
  readonly sent: Record<number, number> = {}
  now = 1_000

  constructor(setups: readonly NodeSetup[]) {
    this.#setups = [...setups]
    for (let n = 0; n < setups.length; n++) this.nodes.push(this.#catalogue(n, 1_000))
  }

  /** One more node. */
  addNode(setup: NodeSetup): Catalogue {
    this.#setups.push(setup)
    const node = this.#catalogue(this.nodes.length, 1_000)
    this.nodes.push(node)
    return node
  }

  /** Has `to` receive a message as if `from` had sent it. */
  inject(from: number, to: number, message: Message): void {
    this.#pipes.get(`${from}>${to}`)?.messages.push(encodeMessage(message))
  }

  /** Loses what is in flight from one node to another. */
  lose(from: number, to: number): void {
    this.#pipes.get(`${from}>${to}`)?.messages.splice(0)
  }

  node(n: number): Catalogue {
    const node = this.nodes[n]
    if (node === undefined) throw new RangeError(`there is no node ${n}`)
    return node
  }

  isUp(a: number, b: number): boolean {
    return this.#pipes.has(`${a}>${b}`)
  }

  /** Links, or other ones in place of those that are there, whose messages in flight are lost. */
  linkUp(...pairs: readonly (readonly [number, number])[]): this {
    for (const [a, b] of pairs) {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const { role, catalogue } = this.node(to)
        this.#pipes.set(`${from}>${to}`, { messages: [], isBusy: false })
        const facts = {
          nodeId: id(to),
          incarnation: this.node(to).incarnation,
          role,
          holdsAll: catalogue === 'all',
        }
        this.node(from).neighbourUp(facts, this.now)
      }
    }
    return this
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

  /** Ends all links of a node. */
  isolate(n: number): void {
    for (let other = 0; other < this.nodes.length; other++) if (this.isUp(n, other)) this.linkDown(n, other)
  }

  /** A new life of a node, without links. */
  restart(n: number, incarnation: number): Catalogue {
    this.isolate(n)
    const node = this.#catalogue(n, incarnation)
    this.nodes[n] = node
    return node
  }

  /** Takes what is due to neighbours into the pipes. */
  flush(n: number): number {
    const node = this.node(n)
    let moved = 0
    for (const to of node.due(this.now)) {
      const pipe = this.#pipes.get(`${n}>${this.indexOf(to)}`)
      for (
        let message = node.nextMessage(to, this.now);
        message !== undefined;
        message = node.nextMessage(to, this.now)
      ) {
        const type = message[0] as number
        this.sent[type] = (this.sent[type] ?? 0) + 1
        pipe?.messages.push(message)
        moved++
      }
    }
    return moved
  }

  indexOf(nodeId: NodeId): number {
    return this.nodes.findIndex((node) => node.self === nodeId)
  }

  /** Delivers the first message of each pipe into `n`. */
  deliver(from: number, to: number): number {
    const pipe = this.#pipes.get(`${from}>${to}`)
    if (pipe === undefined || pipe.isBusy) return 0
    const message = pipe.messages.shift()
    if (message === undefined) return 0
    const result = this.node(to).receive(id(from), message, this.now)
    if (result instanceof Promise) {
      pipe.isBusy = true
      void result.then((error) => {
        pipe.isBusy = false
        this.#received(from, to, error)
      })
    } else this.#received(from, to, result)
    return 1
  }

  /** Exchanges messages until nothing is due at this moment. */
  settle(): this {
    for (let moved = -1, total = 0; moved !== 0; total += moved) {
      if (total > 200_000) throw new Error('the catalogues do not come to rest')
      moved = 0
      for (let n = 0; n < this.nodes.length; n++) moved += this.flush(n)
      for (const key of [...this.#pipes.keys()]) {
        const [from, to] = key.split('>').map(Number) as [number, number]
        moved += this.deliver(from, to)
      }
    }
    return this
  }

  /** Settles, also what promises bring, until nothing has moved for a while. */
  async settleLater(): Promise<void> {
    for (let idle = 0; idle < 20; idle++) {
      const before = JSON.stringify(this.sent)
      this.settle()
      if (JSON.stringify(this.sent) !== before) idle = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Lets time pass, doing what it brings. */
  pass(ms: number): this {
    const end = this.now + ms
    this.settle()
    for (;;) {
      const times = this.nodes.map((node) => node.dueAt(this.now)).filter((at) => at !== undefined)
      const next = Math.min(...times)
      if (next > end) break
      this.now = Math.max(next, this.now + 1)
      if (this.now > end) break
      this.settle()
    }
    this.now = end
    return this.settle()
  }

  /** Lets time pass, also for what promises bring. */
  async passLater(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; this.now += 50) await this.settleLater()
    await this.settleLater()
  }

  /** How many messages of a type were sent since the last call. */
  takeSent(): Record<number, number> {
    const taken = { ...this.sent }
    for (const type of Object.keys(this.sent)) delete this.sent[Number(type)]
    return taken
  }

  #received(from: number, to: number, error: AstraError | undefined): void {
    if (error !== undefined) {
      this.cut.push({ at: to, from, error })
      this.linkDown(from, to)
    }
    for (const refused of this.node(to).takeRefused()) {
      this.cut.push({ at: to, from: this.indexOf(refused.nodeId), error: refused.error })
      this.linkDown(to, this.indexOf(refused.nodeId))
    }
  }

  #catalogue(n: number, incarnation: number): Catalogue {
    const {
      role = 'router',
      catalogue = role === 'leaf' ? 'wanted' : 'all',
      ...setup
    } = this.#setups[n] ?? {}
    const options = {
      signer: signerOf(n),
      crypto: sharedCrypto,
      incarnation,
      random: () => 0.5,
      role,
      catalogue,
    }
    return new Catalogue({ ...options, ...setup })
  }
}

/** What a node sees of an owner's services, as lines that can be compared. */
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
