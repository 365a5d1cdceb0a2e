import type { BindOptions } from '../../api/bind-options.js'
import { checkString } from '../../api/check.js'
import { NetError } from '../../api/net-error.js'
import type { DialOptions } from '../../api/dial-options.js'
import type { Listener } from '../listener.js'
import type { Socket } from '../socket.js'
import { HttpNet } from '../http/http-net.js'
import { openForward, type Forward, type ForwardOptions, type ForwardParts } from './forward.js'
import { publishLocal, type Publication, type PublishOptions } from './publication.js'

/** Proxies between this machine and the network, for programs that cannot be handed a socket. */
export abstract class ForwardNet<TView> extends HttpNet<TView> {
  /**
   * Listens at `local`, on this machine, and dials `address` for each connection, as `dial` does: `local` is
   * `'127.0.0.1:5432'`, with port 0 for a free one, or the path of a Unix socket. A port alone, `5432` or `':5432'`, is
   * one of 127.0.0.1. Bytes, ends and resets pass in both directions, each on its own.
   *
   * When the service cannot be dialed, the accepted connection is reset, and the forward emits `'failed'`. It closes
   * with the node. Rejects with the errors of `net.Server.listen`, with the reason of a `signal` that is aborted
   * already, and with a TypeError or RangeError that names what is wrong.
   */
  async forward(local: string | number, address: string, options: ForwardOptions = {}): Promise<Forward> {
    checkString('address', address)
    if (this.isClosed)
      throw new NetError('ERR_SOCKET_CLOSED', 'this node is closed', { syscall: 'forward', address })
    return await openForward(local, address, { parts: this.#forwardParts, options })
  }

  /**
   * Binds `address`, as `bind` does, and connects to `target`, on this machine or near it, for each connection:
   * `target` is `'tcp://127.0.0.1:8080'`, `'127.0.0.1:8080'`, or the path of a Unix socket. A port alone, `8080` or
   * `':8080'`, is one of 127.0.0.1. Bytes, ends and resets pass in both directions, each on its own.
   *
   * When the target cannot be connected, the accepted connection is reset, and the publication emits `'failed'`. It
   * closes with the node. Rejects with the errors of `bind`, with the reason of a `signal` that is aborted already, and
   * with a TypeError or RangeError that names what is wrong.
   */
  async publish(
    address: string,
    target: string | number,
    options: PublishOptions = {},
  ): Promise<Publication> {
    checkString('address', address)
    const parts = {
      bind: (bindOptions: BindOptions): Listener => this.bindNow(address, bindOptions),
      whenClosing: this.#forwardParts.whenClosing,
      report: this.#forwardParts.report,
    }
    return publishLocal(address, target, { parts, options })
  }

  readonly #forwardParts: ForwardParts = {
    connect: (address: string, options: DialOptions): Socket => this.connect('', address, options),
    checkAddress: (address, options) => void this.dialRequest('', address, options),
    whenClosing: (closer) => this.whenClosing(closer),
    report: (name, message) => this.report(name, message),
  }
}
