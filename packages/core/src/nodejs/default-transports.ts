import type { Transport } from '@astranet/interface'
import { ALPN_PROTOCOL } from '@astranet/link'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'

/** What a node on Node speaks unless told otherwise: `tcp`, `tcp4`, `tcp6`, `unix`, over TLS with a secret; `ws`, `wss`. */
export function defaultTransports(secret: string | undefined): readonly Transport[] {
  const security = secret === undefined ? {} : { secret }
  return [tcp({ ...security, alpnProtocol: ALPN_PROTOCOL }), ws({ protocol: ALPN_PROTOCOL })]
}
