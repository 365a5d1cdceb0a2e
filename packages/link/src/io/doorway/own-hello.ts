import { isToken, type ByteDuplex } from '@astranet/interface'
import { codedError, outOfRange } from '@astranet/interface/check'
import {
  checkHelloFields,
  HelloLimit,
  helloSize,
  MAX_HELLO_BYTES,
  type HelloFields,
} from '../../proto/hello.js'
import { parseIpEnd } from '../../proto/ip-end.js'
import { Feature } from '../../proto/features.js'
import type { HandlerOf, LinkGrant, LinkIntroduction, LinkPair } from '../link-options.js'

/** Which of a link's options go into its HELLO. */
export interface OwnHelloOptions {
  readonly introduction: LinkIntroduction
  readonly sequence?: number | undefined
  readonly grant?: LinkGrant | undefined
  readonly pair?: LinkPair | undefined
  /** What takes the messages of the peer's registry: without it this side has none. */
  readonly handler: Pick<HandlerOf<never>, 'onRegistry'>
}

/**
 * The HELLO that this side sends over `duplex`, without what depends on the peer. Throws a
 * `TypeError` or `RangeError` that names the option when it cannot be sent.
 */
export function ownHello(options: OwnHelloOptions, duplex: ByteDuplex): HelloFields {
  const { introduction, sequence = 0, grant, pair, handler } = options
  const { security } = duplex
  const remoteAddress = security?.ends?.remote ?? duplex.remoteAddress
  const hello: HelloFields = {
    incarnation: introduction.incarnation,
    sequence,
    life: introduction.life,
    roles: introduction.roles ?? [],
    observedAddress: isToken(remoteAddress, HelloLimit.ADDRESS_BYTES) ? remoteAddress : undefined,
    ownEnd: security?.isPrivate === true ? ownEnd(duplex) : undefined,
    listenAddresses: introduction.listenAddresses ?? [],
    features: [
      ...(handler.onRegistry === undefined ? [] : [Feature.REGISTRY]),
      ...(introduction.features ?? []),
    ],
    exporter: undefined,
    grant: undefined,
  }
  const fault = checkHelloFields(hello)
  if (fault !== undefined) throw codedError(RangeError, 'ERR_OUT_OF_RANGE', fault)
  const shown = pair === undefined ? grant?.bytes : pair.ownGrant
  const largest = { ...hello, exporter: new Uint8Array(HelloLimit.EXPORTER_BYTES), grant: shown }
  if (helloSize(largest) > MAX_HELLO_BYTES)
    throw outOfRange(
      'options.introduction',
      `at most ${MAX_HELLO_BYTES} bytes as a HELLO`,
      helloSize(largest),
    )
  return hello
}

/** `undefined` where a pipe has no address, or another kind than TCP's: the path of a Unix socket, a name. */
function ownEnd({ security, localAddress }: ByteDuplex): string | undefined {
  const end = security?.ends?.local ?? localAddress
  return end.length <= HelloLimit.ADDRESS_BYTES && parseIpEnd(end) !== undefined ? end : undefined
}
