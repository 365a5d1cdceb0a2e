import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ListenOptions } from '@astranet/interface'
import { WebSocketServer } from 'ws'
import { formatEnd } from './address.js'
import type { CheckedOptions } from './node-options.js'
import { NodePipe } from './node-pipe.js'
import { answer, judgeUpgrade } from './upgrade.js'

/** Where an {@link Acceptor}'s connections come in. */
export interface AcceptorSite {
  /** The listener's address; asked when a connection comes. */
  address(): string
  readonly confidential: boolean
}

/** Makes WebSockets of requests for them, and connections of those. */
export class Acceptor {
  readonly #options: CheckedOptions
  readonly #events: ListenOptions
  readonly #site: AcceptorSite
  readonly #server: WebSocketServer

  constructor(options: CheckedOptions, events: ListenOptions, site: AcceptorSite) {
    this.#options = options
    this.#events = events
    this.#site = site
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxMessageBytes,
      handleProtocols: () => options.protocol,
    })
    // Malformed requests; `ws` has answered them.
    this.#server.on('wsClientError', (error, socket) => {
      socket.destroy()
      this.#events.onError?.(error)
    })
  }

  /** An upgrade was asked for on `socket`, whose first bytes behind the request are `head`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = judgeUpgrade(request, this.#options)
    if (refusal !== undefined) {
      answer(socket, refusal.status)
      this.#events.onError?.(refusal.error)
      return
    }
    const { remoteAddress, remotePort } = socket as Socket
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const pipe = new NodePipe(webSocket, {
        localAddress: this.#site.address(),
        remoteAddress: formatEnd(remoteAddress, remotePort),
        confidential: this.#site.confidential,
      })
      this.#events.onConnection(pipe.duplex)
    })
  }
}
