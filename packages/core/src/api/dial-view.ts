import type { DialInFlight, DialOutcome, DialRequest } from '../dial/dial-request.js'
import type { Node } from '../node/node.js'
import type { Closer, NodeHandle } from '../node/node-handle.js'
import { checkBindNames, type BindOptions } from './bind-options.js'
import { checkString } from './check.js'
import { checkDialNames, type DialOptions, type DialScope } from './dial-options.js'
import { addressOfHost } from './http-host.js'
import { isShortForm } from './network-first.js'
import { NodeView } from './node-view.js'
import { checkStreamNetwork, scopeOfNetwork } from './stream-network.js'

/** A dial that failed before it began. */
const NOT_DIALED: DialInFlight = { giveUp: () => undefined, wrote: () => undefined }

/** The part of `AstraNet` that dials and binds. The network of each call may be left out; it is `''` then. */
export class DialView<TSocket, TListener> extends NodeView {
  readonly #handle: NodeHandle<TSocket, TListener>
  readonly #scope: DialScope

  /** @internal */
  constructor(handle: NodeHandle<TSocket, TListener>, scope: DialScope) {
    super(handle, scope)
    this.#handle = handle
    this.#scope = scope
  }

  /**
   * Connects to a service or a port; resolves when the far side has accepted.
   *
   * A name that no node offers, or a node without a link, may become known until the deadline; then the error is
   * `ENOTFOUND`, or `EHOSTUNREACH` when there is no link to any node that offers the service. `ECONNREFUSED`, within a
   * round trip: nobody listens on the port, or the backlog is full; of a service with several instances the others are
   * tried first, within the same deadline. `ETIMEDOUT`: no answer. `ECONNRESET`: the link broke meanwhile.
   * `ECONNABORTED`: this node was closed meanwhile.
   *
   * `network` is `''`, `'astra'`, `'tcp'`, `'tcp4'` or `'tcp6'`, which mean the same; or it chooses among the
   * instances of a service by a hash ring, the same on every node: `'registry://KEY'` by the key, as the options `key`
   * and `selector: hashRing()` do; `'vport2registry'` by the port of the address `name:port`, which is then not the
   * port of the service.
   */
  dial(address: string, options?: DialOptions): Promise<TSocket>
  dial(network: string, address: string, options?: DialOptions): Promise<TSocket>
  dial(first: string, second?: string | DialOptions, third?: DialOptions): Promise<TSocket> {
    return isShortForm(first, second) ? this.#dial('', first, second) : this.#dial(first, second, third)
  }

  #dial(network: string, address: string, options: DialOptions | undefined): Promise<TSocket> {
    try {
      const scope = scopeOfNetwork(network, this.#scope)
      if (options !== undefined) checkDialNames(options)
      this.#handle.use()
      const { node } = this.#handle
      if (node === undefined) return this.#handle.made.then(() => this.#dial(network, address, options))
      node.checkOpen('dial', address)
      // The dialer's own promise: another promise around it would cost measurable time in every dial.
      return node.dialer.dial(address, scope, options)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /** @internal Checks the arguments of a dial whose socket exists before it is connected. Throws when one is wrong. */
  protected dialRequest(network: string, address: string, options: DialOptions): DialRequest {
    const scope = scopeOfNetwork(network, this.#scope)
    this.#handle.use()
    return this.#handle.now.dialer.request(address, scope, options)
  }

  /** @internal The same for a `net` module: a name is a host, and a port of it that nobody is bound to refuses at once. */
  protected netRequest(address: string, options: DialOptions): DialRequest {
    this.#handle.use()
    return this.#handle.now.dialer.request(address, { ...this.#scope, refusesOtherPorts: true }, options)
  }

  /** @internal The same for the host of a URL, see `httpDial`. */
  protected hostRequest(network: string, host: string, options: DialOptions): DialRequest {
    const address = addressOfHost(checkString('host', host))
    const scope = { ...scopeOfNetwork(network, this.#scope), hasUrlNames: true }
    this.#handle.use()
    return this.#handle.now.dialer.request(address, scope, options)
  }

  /** @internal Begins such a dial. */
  protected startDial(request: DialRequest, outcome: DialOutcome): DialInFlight {
    try {
      const node = this.#handle.now
      node.checkOpen('dial', request.text)
      return node.dialer.start(request, outcome)
    } catch (error) {
      outcome.reject(error)
      return NOT_DIALED
    }
  }

  /** @internal What a `net` module needs of this view, except the sockets. Throws as {@link nodeId} does. */
  protected boundNode(): { readonly node: Node<TSocket, TListener>; readonly environment: string } {
    return { node: this.#handle.now, environment: this.#scope.environment }
  }

  /** @internal The role of the node is settled, as by a `bind`. */
  protected beginNode(): void {
    this.#handle.begin()
  }

  /** `dial` with a deadline of `timeoutMs`, 0 to 2^31 - 1; 0: fail at once if the name or the node is unknown. */
  dialTimeout(address: string, timeoutMs: number): Promise<TSocket>
  dialTimeout(network: string, address: string, timeoutMs: number): Promise<TSocket>
  async dialTimeout(first: string, second: string | number, third?: number): Promise<TSocket> {
    if (typeof second === 'string') return await this.#dial(first, second, { timeoutMs: third as number })
    return await this.#dial('', first, { timeoutMs: second })
  }

  /**
   * `dial` for HTTP clients: `host` is the host of a URL. A port of 80 or 443 behind a service's name is dropped,
   * because HTTP adds it; behind a node it stays. A node is its id, or its IPv6 address as its sockets have it.
   *
   * Names are as a URL writes them: `myservice` finds `MyService`, `xn--bro-hoa` finds `büro`, `0.0.0.123` finds
   * `123`. The name itself comes first if it is known. When a URL writes several other names in the same way, the
   * call fails at once with `ENOTFOUND`.
   */
  httpDial(host: string, options?: DialOptions): Promise<TSocket>
  httpDial(network: string, host: string, options?: DialOptions): Promise<TSocket>
  async httpDial(first: string, second?: string | DialOptions, third?: DialOptions): Promise<TSocket> {
    return isShortForm(first, second)
      ? await this.#httpDial('', first, second)
      : await this.#httpDial(first, second, third)
  }

  async #httpDial(network: string, host: string, options: DialOptions | undefined): Promise<TSocket> {
    const address = addressOfHost(checkString('host', host))
    const scope = scopeOfNetwork(network, this.#scope)
    if (options !== undefined) checkDialNames(options)
    this.#handle.use()
    const node = this.#handle.node ?? (await this.#handle.made)
    node.checkOpen('dial', address)
    return await node.dialer.dial(address, { ...scope, hasUrlNames: true }, options)
  }

  /**
   * Binds a port (`':port'`; `':0'` for a free one), a service (`'name'`, at a free port) or both (`'name:port'`). A
   * service is known to all neighbours at once. A port that is bound is `EADDRINUSE`; a node that is a
   * client binds nothing: `EOPNOTSUPP`.
   */
  bind(address: string, options?: BindOptions): Promise<TListener>
  bind(network: string, address: string, options?: BindOptions): Promise<TListener>
  async bind(first: string, second?: string | BindOptions, third?: BindOptions): Promise<TListener> {
    return isShortForm(first, second)
      ? await this.#bind('', first, second)
      : await this.#bind(first, second, third)
  }

  async #bind(network: string, address: string, options: BindOptions = {}): Promise<TListener> {
    checkStreamNetwork(network)
    checkBindNames(options)
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    return node.bind(address, this.#scope.environment, options)
  }

  /** @internal `bind` in a runtime whose nodes are there at once. Throws what `bind` rejects with. */
  protected bindNow(address: string, options: BindOptions): TListener {
    this.#handle.begin()
    return this.#handle.now.bind(address, this.#scope.environment, options)
  }

  /** @internal Publishes under that name, as the node does, so that its logger has it too. */
  protected report(name: string, message: object): void {
    this.#handle.now.reporter.publish(name, message)
  }

  /** @internal What all views with the same names share: made by the first that needs it. */
  protected shared<T extends object>(make: () => T): T {
    const { perScope } = this.#handle
    const key = JSON.stringify(this.#scope)
    const known = perScope.get(key) as T | undefined
    if (known !== undefined) return known
    const made = make()
    perScope.set(key, made)
    return made
  }

  /** @internal Calls `closer` when the node closes, see `NodeHandle.whenClosing`; at once if it is closed. */
  protected whenClosing(closer: Closer): () => void {
    if (!this.isClosed) return this.#handle.whenClosing(closer)
    void closer(0)
    return () => undefined
  }
}
