import { randomBytes } from 'node:crypto'
import { GatewaySocket, type GatewayEnd } from './gateway-socket.js'
import { LIFETIME_S, type GatewayProtocol, type MappingAnswer, type MappingRequest } from './mapping.js'
import { decodeAddress, decodeNatPmpAnswer, encodeNatPmpRequest, NAT_PMP_ADDRESS_REQUEST } from './nat-pmp.js'
import { decodePcpAnswer, encodePcpRequest, isNatPmpAnswer, NONCE_BYTES } from './pcp.js'

const NEVER = new AbortController().signal

/** How long the gateway has to answer once the request for a port is taken back because nobody wants it, in ms. */
const TAKE_BACK_MS = 500

/**
 * PCP (RFC 6887), or NAT-PMP (RFC 6886) where the gateway knows only that. When `signal` aborts, what was asked for is
 * taken back first: the gateway may have granted it.
 */
export function pcpAndNatPmp(gateway: GatewayEnd): GatewayProtocol {
  return async (internalPort, signal) => {
    const conversation = new Conversation(gateway, internalPort)
    const answer = await conversation.ask(LIFETIME_S, signal)
    if (answer === undefined || 'refusal' in answer) {
      if (answer === undefined && signal.aborted) await conversation.ask(0, AbortSignal.timeout(TAKE_BACK_MS))
      return undefined
    }
    return { external: answer.external, end: async () => void (await conversation.ask(0, NEVER)) }
  }
}

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
