import type { Transport } from '@astranet/interface'
import { ALPN_PROTOCOL } from '@astranet/link'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import type { AstraNetOptions } from '../api/options.js'

/** The default transports on Node: `tcp`, `tcp4`, `tcp6`, `unix`; `ws`, `wss`. */
export function defaultTransports({ memory = 'fast' }: AstraNetOptions): readonly Transport[] {
  // A port that was bound can be used again for reaching other nodes through a NAT.
  return [tcp({ memory, alpnProtocol: ALPN_PROTOCOL, localPort: 0 }), ws({ memory, protocol: ALPN_PROTOCOL })]
}
