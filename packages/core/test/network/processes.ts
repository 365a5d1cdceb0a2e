import type { AstraNetOptions } from '../../src/index.js'
import { Child } from '../strangers/children.js'

/** What a node in a process of its own is made of. */
export interface NodeSettings {
  readonly role?: 'router' | 'node' | 'leaf'
  /** The text form of its identity. Default: a new one. */
  readonly identity?: string
  /** By how much its clock is ahead of the machine's, in ms. */
  readonly clockOffsetMs?: number
  /** A clock that stands still, in ms. */
  readonly fixedNow?: number
  readonly listen?: string
  readonly joins?: readonly string[]
  readonly binds?: readonly string[]
  readonly sessionLimits?: AstraNetOptions['sessionLimits']
}

/** A node in a process of its own. */
export class NodeProcess implements AsyncDisposable {
  readonly address: string
  readonly #child: Child

  private constructor(child: Child, address: string) {
    this.#child = child
    this.address = address
  }

  /** Resolves when it listens, has joined and has bound. */
  static async start(settings: NodeSettings): Promise<NodeProcess> {
    const { child, first } = await Child.start<string>('../network/node-process', settings)
    return new NodeProcess(child, first)
  }

  services(): Promise<string[]> {
    return this.#child.ask('services')
  }

  /** Resolves when the node lists exactly these names, each once. */
  async lists(...names: string[]): Promise<void> {
    const wanted = names.sort().join()
    while ((await this.services()).sort().join() !== wanted);
  }

  bind(name: string): Promise<unknown> {
    return this.#child.ask(`bind ${name}`)
  }

  unbind(name: string): Promise<unknown> {
    return this.#child.ask(`unbind ${name}`)
  }

  /** Closes the node; the process lives on. */
  close(): Promise<unknown> {
    return this.#child.ask('close')
  }

  /** Sends a signal; with SIGKILL resolves when the process has ended. */
  async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    await this.#child.signal(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}
