import { encodeMessage } from '@astranet/frame/message'
import type { NodeId } from '@astranet/interface'
import {
  Catalogue,
  MAX_MESSAGE_BYTES,
  type CatalogueRoleOptions,
  type NeighbourFacts,
} from '@astranet/registry'
import { generateIdentitySync, NodeSignatures, type Identity } from '@astranet/secure'

/** Takes the messages to one neighbour. */
export interface Wire {
  /** Whether it takes another message now. */
  canSend(): boolean
  /** Sends a message with its length in front of it. */
  send(bytes: Uint8Array): void
}

const crypto = new NodeSignatures()

/** A catalogue with the messages between it and its neighbours: what `core` does with the registry streams of links. */
export class Exchange {
  readonly catalogue: Catalogue
  readonly #wires = new Map<NodeId, Wire>()
  /** For each neighbour, the end of its last message: messages of one neighbour are taken one by one. */
  readonly #received = new Map<NodeId, Promise<void>>()
  /** Asked after each message and each promise that has settled. */
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #isScheduled = false
  #isClosed = false

  constructor(options: CatalogueRoleOptions, identity: Identity = generateIdentitySync()) {
    const { nodeId, publicKey } = identity
    const sign = (message: Uint8Array): Uint8Array | Promise<Uint8Array> =>
      identity.signNow?.(message) ?? identity.sign(message)
    this.catalogue = new Catalogue({
      ...options,
      signer: { nodeId, publicKey, sign },
      crypto,
      incarnation: Date.now() * 1024,
      random: Math.random,
      onWork: () => this.schedule(),
    })
  }

  /** What the neighbours of this node are told about it. */
  get facts(): NeighbourFacts {
    const { self: nodeId, incarnation, role, catalogue } = this.catalogue
    return { nodeId, incarnation, role, holdsAll: catalogue === 'all' }
  }

  /** A link is there. */
  up(facts: NeighbourFacts, wire: Wire): void {
    this.#wires.set(facts.nodeId, wire)
    this.catalogue.neighbourUp(facts, performance.now())
    this.catalogue.publishLink(facts.nodeId, 1, performance.now())
    this.schedule()
  }

  /** Drops the messages to all neighbours, although their links stay up: nobody reads them. */
  detach(): void {
    const nobody: Wire = { canSend: () => true, send: () => undefined }
    for (const nodeId of this.#wires.keys()) this.#wires.set(nodeId, nobody)
  }

  down(nodeId: NodeId): void {
    this.#wires.delete(nodeId)
    this.catalogue.neighbourDown(nodeId, performance.now())
    this.schedule()
  }

  /** Takes a message. Throws what the catalogue has against it: nobody here does anything wrong. */
  receive(from: NodeId, message: unknown): void {
    if (this.#isClosed) return
    const before = this.#received.get(from)
    if (before !== undefined) return this.#receiveAfter(before, from, message)
    const answer = this.catalogue.receive(from, message, performance.now())
    if (answer instanceof Promise) this.#receiveAfter(answer.then(failOn), from, undefined)
    else failOn(answer)
    this.schedule()
    this.#askWaiting()
  }

  /** Sends what is due, after this turn of the event loop. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    setImmediate(() => this.#send())
  }

  /** Resolves when `isSo` holds. It is asked whenever the catalogue may have changed. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const ask = (): void => {
        if (!isSo()) return
        this.#waiting.delete(ask)
        resolve()
      }
      this.#waiting.add(ask)
      ask()
    })
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.catalogue.close()
  }

  #receiveAfter(before: Promise<void>, from: NodeId, message: unknown): void {
    const end = before
      .then(() =>
        message === undefined ? undefined : this.catalogue.receive(from, message, performance.now()),
      )
      .then(failOn)
      .then(() => {
        if (this.#received.get(from) === end) this.#received.delete(from)
        this.schedule()
        this.#askWaiting()
      })
    this.#received.set(from, end)
  }

  #askWaiting(): void {
    for (const ask of this.#waiting) ask()
  }

  #send(): void {
    this.#isScheduled = false
    if (this.#isClosed) return
    for (const nodeId of this.catalogue.due(performance.now())) {
      const wire = this.#wires.get(nodeId)
      while (wire?.canSend() === true) {
        const message = this.catalogue.nextMessage(nodeId, performance.now())
        if (message === undefined) break
        wire.send(encodeMessage(message, { maxBytes: MAX_MESSAGE_BYTES }))
      }
    }
    this.#askWaiting()
    clearTimeout(this.#timer)
    const dueAt = this.catalogue.dueAt(performance.now())
    if (dueAt !== undefined)
      this.#timer = setTimeout(() => this.#send(), Math.max(0, dueAt - performance.now()))
  }
}

function failOn(error: Error | undefined): void {
  if (error !== undefined) throw error
}
