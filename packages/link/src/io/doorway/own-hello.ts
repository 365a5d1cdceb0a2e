import { encodeMessage } from '@astranet/frame/message'
import { toNodeId } from '@astranet/interface'
import { isToken } from '../../proto/fields.js'
import { checkHelloFields, HelloLimit, helloToWire, MAX_HELLO_BYTES, type Hello } from '../../proto/hello.js'
import type { LinkIdentity } from '../link-options.js'

/** Which of a link's options go into its HELLO. */
export interface OwnHelloOptions {
  readonly identity: LinkIdentity
  readonly sequence?: number
}

/**
 * The HELLO that this side sends to a peer seen at `remoteAddress`. Throws a `TypeError` or `RangeError` that names the
 * option when it cannot be sent.
 */
export function ownHello({ identity, sequence = 0 }: OwnHelloOptions, remoteAddress: string): Hello {
  const hello: Hello = {
    nodeId: toNodeId(identity.nodeId),
    incarnation: identity.incarnation,
    sequence,
    life: identity.life,
    roles: identity.roles ?? [],
    observedAddress: isToken(remoteAddress, HelloLimit.ADDRESS_BYTES) ? remoteAddress : undefined,
    listenAddresses: identity.listenAddresses ?? [],
    features: identity.features ?? [],
    challenge: undefined,
    proof: undefined,
  }
  const fault = checkHelloFields(hello)
  if (fault !== undefined) throw new RangeError(fault)
  try {
    encodeMessage(helloToWire(hello), { maxBytes: MAX_HELLO_BYTES })
  } catch (cause) {
    throw new RangeError(`identity takes more than the ${MAX_HELLO_BYTES} bytes of a HELLO`, { cause })
  }
  return hello
}
