import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ListenOptions } from '@astranet/interface'
import { socketSecurity } from '@astranet/interface/node-duplex'
import { WebSocketServer } from 'ws'
import { formatEnd } from './address.js'
import type { CheckedOptions } from './node-options.js'
import { NodePipe } from './node-pipe.js'
import { answer, judgeUpgrade, refusal, type Refusal } from './upgrade.js'

/** The listener of an {@link Acceptor}'s connections. */
export interface AcceptorSite {
  /** The listener's address, read for each connection. */
  address(): string
}

/** Turns requests for WebSockets into WebSockets, and those into connections. */
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
    // Malformed requests: `ws` leaves the answer to a listener of this event, if there is one.
    this.#server.on('wsClientError', ({ message }, socket, request) =>
      this.#refuse(socket, refusal(400, request, `its request is malformed (${message})`)),
    )
  }

  /** Handles a request for an upgrade on `socket`; `head` is the first bytes after the request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const found = judgeUpgrade(request, this.#options)
    if (found !== undefined) return this.#refuse(socket, found)
    const { remoteAddress, remotePort } = socket as Socket
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const ends = {
        localAddress: this.#site.address(),
        remoteAddress: formatEnd(remoteAddress, remotePort),
        security: socketSecurity(socket as Socket),
      }
      const pipe = new NodePipe(webSocket, ends, this.#options.memory)
      this.#events.onConnection(pipe.duplex)
    })
  }

  /** Reports to the listener why a client did not become a connection. */
  report(error: Error): void {
    this.#events.onError?.(error)
  }

  #refuse(socket: Duplex, { status, error }: Refusal): void {
    answer(socket, status)
    this.report(error)
  }
}
