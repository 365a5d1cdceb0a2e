import {
  AstraError,
  formatNodeId,
  isNodeIdText,
  onAbort,
  parseNodeId,
  systemClock,
  type Connection,
  type DialOptions,
  type ListenOptions,
  type Transport,
  type TransportListener,
} from '@astranet/interface'
import { checkDialTimeout, DEFAULT_DIAL_TIMEOUT_MS } from '@astranet/interface/transport-tools'
import type { OutgoingDial } from '@astranet/link'
import { StreamDuplex } from '../../src/index.js'
import { ChainNode } from './chain.js'

/** Refusals of the far end: nothing listens. */
const CONNECTION_REFUSED = 1

interface Place {
  readonly node: ChainNode
  onConnection: ((connection: Connection) => void) | undefined
  /** A node of which the router gets no answer. */
  readonly isSilent: boolean
}

/** Tunnels from one node through a router, as a transport: each address is a node behind the router. */
export class TunnelTransport implements Transport {
  readonly networks = ['tunnel']
  readonly #client = new ChainNode(false)
  readonly #router = new ChainNode(true)
  readonly #places = new Map<string, Place>()
  #ready: Promise<void> | undefined = undefined

  async dial(network: string, address: string, options: DialOptions = {}): Promise<Connection> {
    const { signal, timeoutMs = DEFAULT_DIAL_TIMEOUT_MS } = options
    checkNetwork(network)
    checkAddress(address)
    checkDialTimeout(timeoutMs)
    signal?.throwIfAborted()
    this.#ready ??= this.#client.link(this.#router)
    await this.#ready
    signal?.throwIfAborted()
    const link = this.#client.links.get(this.#router.nodeId)
    if (link === undefined) throw new Error('there is no link to the router')
    const path = [this.#client.nodeId, this.#router.nodeId, parseNodeId(address)]
    return await new Promise((resolve, reject) => {
      const giveUp = (reason: unknown): void => {
        done()
        dial.cancel()
        reject(reason as Error)
      }
      const late = new AstraError('ETIMEDOUT', `no answer from ${address} within ${timeoutMs} ms`)
      const timer = timeoutMs === 0 ? undefined : systemClock.setTimer(timeoutMs, () => giveUp(late))
      const ignoreSignal = onAbort(signal, () => giveUp(signal?.reason))
      const done = (): void => {
        timer?.cancel()
        ignoreSignal()
      }
      const dial: OutgoingDial = link.dial(
        { kind: 'tunnel', path, position: 1 },
        {
          onAccepted: (_, stream, initialBytes) => {
            done()
            const [localAddress, remoteAddress] = [formatNodeId(this.#client.nodeId), address]
            const parts = { clock: systemClock, localAddress, remoteAddress, initialBytes }
            resolve(new StreamDuplex(stream, parts))
          },
          onFailed: (_, error) => {
            done()
            reject(error)
          },
        },
      )
    })
  }

  async listen(network: string, address: string, options: ListenOptions): Promise<TransportListener> {
    checkNetwork(network)
    if (address !== 'any') checkAddress(address)
    const place = this.#places.get(address) ?? (await this.#add(false))
    if (place.onConnection !== undefined) throw new AstraError('EADDRINUSE', `${address} is in use`)
    place.onConnection = (connection) => options.onConnection(connection)
    const close = (): Promise<void> => {
      place.onConnection = undefined
      return Promise.resolve()
    }
    return { network, address: formatNodeId(place.node.nodeId), close }
  }

  /** An address at which nothing answers. */
  async silent(): Promise<string> {
    return formatNodeId((await this.#add(true)).node.nodeId)
  }

  async #add(isSilent: boolean): Promise<Place> {
    const node = new ChainNode(false)
    const place: Place = { node, onConnection: undefined, isSilent }
    this.#places.set(formatNodeId(node.nodeId), place)
    node.onArrival = ({ link, header, stream, initialBytes }) => {
      if (place.isSilent) return
      if (place.onConnection === undefined) return link.refuse(stream, CONNECTION_REFUSED)
      link.accept(stream)
      const remoteAddress = formatNodeId(header.path[0] ?? node.nodeId)
      const parts = {
        clock: systemClock,
        localAddress: formatNodeId(node.nodeId),
        remoteAddress,
        initialBytes,
      }
      place.onConnection(new StreamDuplex(stream, parts))
    }
    await node.link(this.#router)
    return place
  }
}

function checkNetwork(network: string): void {
  if (network !== 'tunnel') throw new RangeError(`network "${network}" is not "tunnel"`)
}

function checkAddress(address: string): void {
  if (typeof address !== 'string') throw new TypeError(`address must be a string, got ${typeof address}`)
  if (!isNodeIdText(address))
    throw new RangeError(`address must be a node id, got ${JSON.stringify(address)}`)
}
