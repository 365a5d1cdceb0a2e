import { randomBytes } from 'node:crypto'
import type { End } from '../punch/local-socket.js'
import { defaultGateway } from './default-gateway.js'
import { GatewaySocket, type GatewayEnd } from './gateway-socket.js'
import type { MappingAnswer, MappingRequest } from './mapping.js'
import { decodeAddress, decodeNatPmpAnswer, encodeNatPmpRequest, NAT_PMP_ADDRESS_REQUEST } from './nat-pmp.js'
import { decodePcpAnswer, encodePcpRequest, GATEWAY_PORT, isNatPmpAnswer, NONCE_BYTES } from './pcp.js'

/** How long a mapping is asked for, in seconds; it is ended before when it is not needed any more. */
const LIFETIME_S = 120

/** How long a gateway that did not answer, or refused, is left alone, in ms. */
const PAUSE_MS = 600_000

/** A port of the gateway that leads to this machine. */
export interface PortMapping {
  readonly external: End
  /** Ends it; resolves when the gateway has answered, or did not in time. Idempotent, never rejects. */
  close(): Promise<void>
}

/** How a {@link PortMapper} behaves. */
export interface PortMapperOptions {
  /** The gateway's IPv4 address, or its address and UDP port. Default: that of the default route (Linux only). */
  readonly gateway?: string | GatewayEnd
}

/**
 * Asks the gateway of this machine's network to forward ports, by PCP (RFC 6887), or by NAT-PMP (RFC 6886) where the
 * gateway knows only that. IPv4 and TCP. A gateway that does not answer within 1.5 s, or refuses, is not asked again for
 * ten minutes.
 */
export class PortMapper {
  readonly #gateway: PortMapperOptions['gateway']
  #pausedUntil = 0

  constructor({ gateway }: PortMapperOptions = {}) {
    this.#gateway = gateway
  }

  /** Maps a TCP port of this machine, for two minutes at most. `undefined`: there is no gateway that does it. */
  async map(internalPort: number, signal: AbortSignal): Promise<PortMapping | undefined> {
    if (performance.now() < this.#pausedUntil) return undefined
    const gateway = await this.#find()
    if (gateway === undefined) return undefined
    const conversation = new Conversation(gateway, internalPort)
    const answer = await conversation.ask(LIFETIME_S, signal)
    if (answer === undefined || 'refusal' in answer) {
      if (!signal.aborted) this.#pausedUntil = performance.now() + PAUSE_MS
      return undefined
    }
    let ending: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await conversation.ask(0, NEVER)
    }
    return { external: answer.external, close: () => (ending ??= close()) }
  }

  async #find(): Promise<GatewayEnd | undefined> {
    const gateway = this.#gateway ?? (await defaultGateway())
    return typeof gateway === 'string' ? { host: gateway, port: GATEWAY_PORT } : gateway
  }
}

const NEVER = new AbortController().signal

/** What is asked about one port; both times with the same nonce, by which the gateway knows the client. */
class Conversation {
  readonly #gateway: GatewayEnd
  readonly #internalPort: number
  readonly #nonce: Buffer = randomBytes(NONCE_BYTES)

  constructor(gateway: GatewayEnd, internalPort: number) {
    this.#gateway = gateway
    this.#internalPort = internalPort
  }

  async ask(lifetimeS: number, signal: AbortSignal): Promise<MappingAnswer | undefined> {
    const socket = new GatewaySocket()
    try {
      await socket.connect(this.#gateway)
      const request: MappingRequest = { internalPort: this.#internalPort, lifetimeS }
      return await this.#askOver(socket, request, signal)
    } catch {
      // The network is down; another round asks again.
      return undefined
    } finally {
      socket.close()
    }
  }

  async #askOver(
    socket: GatewaySocket,
    request: MappingRequest,
    signal: AbortSignal,
  ): Promise<MappingAnswer | undefined> {
    const pcp = { ...request, clientHost: socket.localHost, nonce: this.#nonce }
    const read = (answer: Buffer): MappingAnswer | 'nat-pmp' | undefined =>
      isNatPmpAnswer(answer) ? 'nat-pmp' : decodePcpAnswer(answer, pcp)
    const answer = await socket.ask(encodePcpRequest(pcp), read, signal)
    if (answer !== 'nat-pmp') return answer
    const host = await socket.ask(NAT_PMP_ADDRESS_REQUEST, decodeAddress, signal)
    if (typeof host !== 'string') return host
    return await socket.ask(
      encodeNatPmpRequest(request),
      (message) => decodeNatPmpAnswer(message, request, host),
      signal,
    )
  }
}
