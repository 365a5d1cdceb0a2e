import {
  AstraError,
  type Connection,
  type DialOptions,
  type ListenOptions,
  type Transport,
  type TransportListener,
} from '@astranet/interface'
import { checkOptions, type OptionNames } from '@astranet/interface/check'
import {
  checkWsNetwork,
  formatUrl,
  formatWsAddress,
  parseDialAddress,
  parseWsAddress,
  WS_NETWORKS,
} from './address.js'
import { BrowserPipe } from './browser-pipe.js'
import { dialRace } from './dial-race.js'
import { checkProtocol, type CommonWsOptions } from './options.js'
import type { StandardWebSocketConstructor } from './standard-web-socket.js'

export type { CommonWsOptions } from './options.js'
export type { StandardWebSocket, StandardWebSocketConstructor } from './standard-web-socket.js'

/** The options of {@link ws} in a browser. */
export interface BrowserWsOptions extends CommonWsOptions {
  /** The constructor of WebSockets. Default: the runtime's own. */
  webSocket?: StandardWebSocketConstructor
}

const NAMES: OptionNames<BrowserWsOptions> = { protocol: true, webSocket: true }

/**
 * The transport over the runtime's own WebSocket, for the networks `ws` and `wss`: it dials; `listen` fails with
 * `EOPNOTSUPP`. Addresses are URLs, `host:port` or `:port` (the host that the page came from), the last two with or
 * without a path.
 *
 * A browser does not report why a WebSocket failed, so `dial` fails with `ECONNREFUSED` for every reason but
 * `timeoutMs` (`ETIMEDOUT`). Throws a `TypeError` that names an option that is wrong or not known.
 */
export function ws(options: BrowserWsOptions = {}): Transport {
  checkOptions('options', options, NAMES)
  return new BrowserWsTransport(checkProtocol(options), options.webSocket)
}

class BrowserWsTransport implements Transport {
  readonly networks: readonly string[] = WS_NETWORKS
  readonly #protocol: string
  readonly #webSocket: StandardWebSocketConstructor | undefined

  constructor(protocol: string, webSocket: StandardWebSocketConstructor | undefined) {
    this.#protocol = protocol
    this.#webSocket = webSocket
  }

  async dial(network: string, address: string, options: DialOptions = {}): Promise<Connection> {
    const known = checkWsNetwork(network)
    const target = parseDialAddress(known, address, pageHost())
    const url = formatUrl(known, target)
    const WebSocket =
      this.#webSocket ?? (globalThis as { WebSocket?: StandardWebSocketConstructor }).WebSocket
    if (WebSocket === undefined) {
      throw new AstraError('EOPNOTSUPP', 'This runtime has no WebSocket of its own: pass one as webSocket.')
    }
    return dialRace<Connection>(`${network} ${address}`, options, ({ resolve, reject }) => {
      const socket = new WebSocket(url, [this.#protocol])
      socket.binaryType = 'arraybuffer'
      const ends = {
        localAddress: '',
        remoteAddress: formatWsAddress(target),
      }
      socket.addEventListener('open', () => resolve(new BrowserPipe(socket, ends).duplex))
      // A close before the opening gives no more reason than an error does.
      const onFailed = (): void => reject(refused(url))
      socket.addEventListener('error', onFailed)
      socket.addEventListener('close', onFailed)
      return () => socket.close()
    })
  }

  async listen(network: string, address: string, _options: ListenOptions): Promise<TransportListener> {
    parseWsAddress(checkWsNetwork(network), address)
    throw new AstraError(
      'EOPNOTSUPP',
      'A browser cannot listen for WebSockets: let it join a node that does.',
    )
  }
}

function refused(url: string): AstraError {
  return new AstraError('ECONNREFUSED', `The WebSocket to ${url} failed; browsers do not tell why.`)
}

function pageHost(): string {
  const { location } = globalThis as { location?: { readonly hostname?: string } }
  return location?.hostname?.replace(/^\[|\]$/g, '') || 'localhost'
}
