import {
  checkHelloFields,
  HelloLimit,
  helloSize,
  MAX_HELLO_BYTES,
  type HelloFields,
} from '../../proto/hello.js'
import { isToken } from '../../proto/fields.js'
import type { LinkGrant, LinkIntroduction } from '../link-options.js'

/** Which of a link's options go into its HELLO. */
export interface OwnHelloOptions {
  readonly introduction: LinkIntroduction
  readonly sequence?: number | undefined
  readonly grant?: LinkGrant | undefined
}

/**
 * The HELLO that this side sends to a peer seen at `remoteAddress`, without what depends on the peer. Throws a
 * `TypeError` or `RangeError` that names the option when it cannot be sent.
 */
export function ownHello(options: OwnHelloOptions, remoteAddress: string): HelloFields {
  const { introduction, sequence = 0, grant } = options
  const hello: HelloFields = {
    incarnation: introduction.incarnation,
    sequence,
    life: introduction.life,
    roles: introduction.roles ?? [],
    observedAddress: isToken(remoteAddress, HelloLimit.ADDRESS_BYTES) ? remoteAddress : undefined,
    listenAddresses: introduction.listenAddresses ?? [],
    features: introduction.features ?? [],
    exporter: undefined,
    grant: undefined,
  }
  const fault = checkHelloFields(hello)
  if (fault !== undefined) throw new RangeError(fault)
  const largest = { ...hello, exporter: new Uint8Array(HelloLimit.EXPORTER_BYTES), grant: grant?.bytes }
  if (helloSize(largest) > MAX_HELLO_BYTES)
    throw new RangeError(`introduction takes more than the ${MAX_HELLO_BYTES} bytes of a HELLO`)
  return hello
}
