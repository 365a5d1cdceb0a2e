import { invalidValue } from '@astranet/interface/check'

/** The options of a WebSocket transport in every runtime. */
export interface CommonWsOptions {
  /**
   * The subprotocol that both sides must agree on (Sec-WebSocket-Protocol): a token of 1 to 255 characters. Default
   * `astranet-1-qx02`.
   */
  protocol?: string
}

/** The default of {@link CommonWsOptions.protocol}, the same as over TLS (ALPN). */
export const DEFAULT_PROTOCOL = 'astranet-1-qx02'

/** The subprotocol. Throws a `TypeError` when it is not a token. */
export function checkProtocol({ protocol = DEFAULT_PROTOCOL }: CommonWsOptions): string {
  if (/^[\w!#$%&'*+.^`|~-]{1,255}$/.test(protocol)) return protocol
  throw invalidValue('options.protocol', 'must be a token of 1 to 255 characters', protocol)
}
