import { AstraError } from '@astranet/interface'
import { invalidState } from '@astranet/interface/check'
import { checkRole } from '../api/role.js'
import { ALWAYS_ALIVE, whilePending, type KeepAlive } from './keep-alive.js'
import type { Node } from './node.js'
import type { NodeMode, ResolvedMode } from './node-mode.js'
import type { NodeOptions } from './node-options.js'

/** @internal The part of a node that what begins by itself needs. */
export type Starter = Pick<
  Node<unknown, unknown>,
  'addressOf' | 'isClient' | 'isClosed' | 'joinByText' | 'listenAndServe'
>

/** @internal Closes what ends with a node, within that time; 0: at once, also in a later call. Never rejects. */
export type Closer = (drainMs: number) => Promise<void>

/**
 * @internal A node, or one that is there once its identity is: browsers make and read keys asynchronously only. All
 * views of a node share its handle.
 *
 * `making` -> `made` when the identity is there; `making` -> `failed` when it cannot be: then {@link made} rejects.
 */
export class NodeHandle<TSocket, TListener> {
  /** Rejects when the node could not be made. */
  readonly made: Promise<Node<TSocket, TListener>>
  readonly #options: Pick<NodeOptions, 'catalogue'>
  #node: Node<TSocket, TListener> | undefined
  #isClosed = false
  #isBegun = false
  /** For a node that is still being made. */
  #mode: ResolvedMode | undefined
  #onFirstUse: ((node: Starter) => Promise<void>) | undefined
  /** Resolves, never rejects, when the node has done what it does by itself at the first use: at once before that. */
  started: Promise<void> = Promise.resolve()
  /** What views with the same names share, by these names. */
  readonly perScope: Map<string, object> = new Map()
  /** What ends with the node. */
  readonly #closers = new Set<Closer>()

  /**
   * `onFirstUse` is called with the node once its program uses it, and the node has been made. Its promise never
   * rejects.
   */
  constructor(
    node: Node<TSocket, TListener> | Promise<Node<TSocket, TListener>>,
    options: Pick<NodeOptions, 'catalogue'>,
    onFirstUse?: (node: Starter) => Promise<void>,
  ) {
    this.#options = options
    this.#onFirstUse = onFirstUse
    if (!(node instanceof Promise)) this.#node = node
    this.made = Promise.resolve(node)
    this.made.then(
      (made) => {
        this.#node = made
        if (this.#mode !== undefined) made.setMode(this.#mode)
      },
      // Each call on the node rejects with it.
      () => undefined,
    )
  }

  /** `undefined` while it is being made, and when that failed. */
  get node(): Node<TSocket, TListener> | undefined {
    return this.#node
  }

  /** The node, by a caller that cannot wait. Throws a TypeError while it is being made. */
  get now(): Node<TSocket, TListener> {
    if (this.#node !== undefined) return this.#node
    throw invalidState('the identity of this node is not there yet: await ready() first')
  }

  /** What keeps the program running while it waits for the node. Only browsers wait for the node itself. */
  get keepAlive(): KeepAlive {
    return this.#node?.keepAlive ?? ALWAYS_ALIVE
  }

  /** Keeps the program running until `call` is settled: a call that it has made. Returns the same promise. */
  pending<T>(call: Promise<T>): Promise<T> {
    return whilePending(this.keepAlive, call)
  }

  /** The program uses the node for the first time, or again. */
  use(): void {
    const onFirstUse = this.#onFirstUse
    if (onFirstUse === undefined) return
    this.#onFirstUse = undefined
    // It joins or listens by itself now, with the role that it has.
    this.#isBegun = true
    this.started = this.made.then(onFirstUse, () => undefined)
  }

  /** The node meets others, or offers a service: its role is settled. */
  begin(): void {
    this.#isBegun = true
    this.use()
  }

  /** Gives the node a mode. Throws when that is settled, and when the role does not go with the options. */
  setMode(call: string, { role, ...mode }: NodeMode): void {
    if (this.#isBegun)
      throw new AstraError(
        'ASTRA_ERR_NODE_STARTED',
        `${call} must be called before the node first listens, joins, is attached or binds; a node that a variable ` +
          'makes join or listen does so at its first use',
      )
    const resolved = { ...mode, role: checkRole(role, this.#options.catalogue) }
    if (this.#node === undefined) this.#mode = resolved
    else this.#node.setMode(resolved)
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#node?.isClosed === true
  }

  /** Calls `closer` each time that `close` is called, which waits for it. The result takes it back. */
  whenClosing(closer: Closer): () => void {
    this.#closers.add(closer)
    return () => void this.#closers.delete(closer)
  }

  /** Closes the node, also one that is still being made; see `Node.close`. */
  close(drainMs: number): Promise<void> {
    return this.pending(this.#close(drainMs))
  }

  async #close(drainMs: number): Promise<void> {
    this.#isClosed = true
    const others = Array.from(this.#closers, (closer) => closer(drainMs))
    // Before any later call takes the node: those reject because it is closed.
    const closed =
      this.#node?.close(drainMs) ??
      this.made.then(
        (node) => node.close(drainMs),
        () => undefined,
      )
    await Promise.all([closed, ...others])
  }
}
