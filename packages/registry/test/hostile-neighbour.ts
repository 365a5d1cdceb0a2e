import { encodeMessage } from '../src/proto/wire/encode.js'
import type { Message } from '../src/proto/wire/message.js'
import type { Delta } from '../src/proto/log/delta.js'
import { Catalogue, type CatalogueOptions, type CatalogueRole } from '../src/index.js'
import { decodeMessage } from '../src/proto/wire/decode.js'
import type { AstraError, NodeId } from '@astranet/interface'
import { nodeCrypto } from './support/identity.js'
import { deltaOf, ownLog, sealed, service, type Source } from './support/logs.js'
import { id, signerOf } from './network.js'

/** One catalogue (node 0), and neighbours whose messages the test writes itself. */
export class Victim {
  readonly node: Catalogue
  now = 1_000

  constructor(options: Partial<CatalogueOptions> = {}) {
    const fixed = { signer: signerOf(0), crypto: nodeCrypto, incarnation: 1_000, random: () => 0.5 }
    this.node = new Catalogue({ ...fixed, role: 'router', catalogue: 'all', ...options })
  }

  /** A neighbour comes up, and its exchange is complete. */
  join(n: number, role: CatalogueRole = 'router', holdsAll: boolean = role !== 'leaf'): this {
    this.node.neighbourUp({ nodeId: id(n), incarnation: 1, role, holdsAll }, this.now)
    this.takeAll(n)
    this.say(n, { type: 'greeting', root: 0, count: 0, items: [] })
    this.takeAll(n)
    return this
  }

  /** What a neighbour of any id says. */
  sayAs(nodeId: NodeId, message: Message): void {
    const error = this.node.receive(nodeId, encodeMessage(message), this.now)
    if (error !== undefined) throw new Error('it was refused')
  }

  /** What the neighbour says; the error that ends its link, if any. */
  say(n: number, message: Message): AstraError | undefined {
    const result = this.node.receive(id(n), encodeMessage(message), this.now)
    if (result instanceof Promise) throw new Error('there is no answer yet')
    return result
  }

  /** The messages that are due to a neighbour now. */
  takeAll(n: number): Message[] {
    this.node.due(this.now)
    const messages: Message[] = []
    for (let next = this.node.nextMessage(id(n), this.now); next !== undefined;) {
      messages.push(decodeMessage(next) as Message)
      next = this.node.nextMessage(id(n), this.now)
    }
    return messages
  }

  /** Lets time pass, doing what it brings; returns what was due to a neighbour meanwhile. */
  pass(ms: number, n: number): Message[] {
    const end = this.now + ms
    const messages = this.takeAll(n)
    for (let at = this.node.dueAt(this.now); at !== undefined && at <= end; at = this.node.dueAt(this.now)) {
      this.now = Math.max(at, this.now + 1)
      messages.push(...this.takeAll(n))
    }
    this.now = end
    return [...messages, ...this.takeAll(n)]
  }
}

/** A sealed log of node `n` with that many services. */
export function logOf(n: number, services: number, incarnation = 1, name = 'service'): Source {
  const log = ownLog(incarnation)
  for (let port = 0; port < services; port++) log.put(service(id(n), `${name}-${port}`, port))
  sealed(log, signerOf(n))
  return log
}

/** The delta that carries the whole of a log of node `n`. */
export function whole(n: number, log: Source = logOf(n, 1)): Delta {
  return deltaOf(log, signerOf(n))
}

/** A version of a log of a node that need not exist. */
export function versionOf(
  owner: NodeId,
  sequence: number,
): { owner: NodeId; kind: 'services'; version: { incarnation: number; sequence: number; check: number } } {
  return { owner, kind: 'services', version: { incarnation: 1, sequence, check: 7 } }
}
