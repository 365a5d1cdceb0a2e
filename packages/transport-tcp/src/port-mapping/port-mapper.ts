import { checkOptions, type OptionNames } from '@astranet/interface/check'
import type { End } from '../punch/local-socket.js'
import { defaultGateway } from './default-gateway.js'
import type { GatewayEnd } from './gateway-socket.js'
import type { GatewayProtocol } from './mapping.js'
import { pcpAndNatPmp } from './pcp-and-nat-pmp.js'
import { GATEWAY_PORT } from './pcp.js'
import { upnp } from './upnp.js'
import { SSDP_PORT } from './upnp/ssdp.js'

/** How long a gateway that did not answer, or refused, is left alone, in ms; for each way to ask it. */
const PAUSE_MS = 600_000

/** A port of the gateway that leads to this machine. */
export interface PortMapping {
  readonly external: End
  /** Ends it; resolves when the gateway has answered, or did not in time. Idempotent, never rejects. */
  close(): Promise<void>
}

/** Where a gateway is asked. */
export interface MappingGateway extends GatewayEnd {
  /** Its UDP port for SSDP, with which UPnP begins. Absent: UPnP is not tried. */
  readonly ssdpPort?: number
}

/** How a {@link PortMapper} behaves. */
export interface PortMapperOptions {
  /**
   * The gateway's IPv4 address; or its address with its UDP ports for PCP and SSDP, and then no multicast is sent.
   * Default: that of the default route (Linux only).
   */
  readonly gateway?: string | MappingGateway
}

const NAMES: OptionNames<PortMapperOptions> = { gateway: true }
const GATEWAY_NAMES: OptionNames<MappingGateway> = { host: true, port: true, ssdpPort: true }

/**
 * Asks the gateway of this machine's network to forward ports: by PCP (RFC 6887), or by NAT-PMP (RFC 6886) where the
 * gateway knows only that, then by UPnP (Internet Gateway Device). IPv4 and TCP. A gateway that refuses, or does not
 * answer within 1.5 s (by UPnP 2.5 s), is not asked again in that way for ten minutes.
 */
export class PortMapper {
  readonly #gateway: PortMapperOptions['gateway']
  /** Until when each way to ask rests. */
  readonly #pausedUntil = [0, 0]

  /** Throws a `TypeError` that names an option that is not known. */
  constructor(options: PortMapperOptions = {}) {
    const { gateway } = checkOptions('options', options, NAMES)
    if (typeof gateway === 'object') checkOptions('options.gateway', gateway, GATEWAY_NAMES)
    this.#gateway = gateway
  }

  /** Maps a TCP port of this machine, for two minutes at most. `undefined`: there is no gateway that does it. */
  async map(internalPort: number, signal: AbortSignal): Promise<PortMapping | undefined> {
    if (this.#pausedUntil.every((until) => performance.now() < until)) return undefined
    for (const [index, protocol] of (await this.#protocols()).entries()) {
      if (performance.now() < (this.#pausedUntil[index] ?? 0)) continue
      const forwarded = await protocol(internalPort, signal)
      let ending: Promise<void> | undefined
      if (forwarded !== undefined)
        return { external: forwarded.external, close: () => (ending ??= forwarded.end()) }
      if (signal.aborted) return undefined
      this.#pausedUntil[index] = performance.now() + PAUSE_MS
    }
    return undefined
  }

  /** In the order in which they are tried; none without a gateway. */
  async #protocols(): Promise<GatewayProtocol[]> {
    const gateway = this.#gateway ?? (await defaultGateway())
    if (gateway === undefined) return []
    if (typeof gateway === 'string')
      return [
        pcpAndNatPmp({ host: gateway, port: GATEWAY_PORT }),
        upnp({ host: gateway, port: SSDP_PORT, isMulticast: true }),
      ]
    const { host, ssdpPort: port } = gateway
    return [pcpAndNatPmp(gateway), ...(port === undefined ? [] : [upnp({ host, port, isMulticast: false })])]
  }
}
