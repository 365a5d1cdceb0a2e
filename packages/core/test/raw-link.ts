import type { ByteDuplex, Clock } from '@astranet/interface'
import {
  Link,
  type LinkGrant,
  type LinkHandler,
  type LinkIntroduction,
  type LinkPair,
  type LinkRole,
} from '@astranet/link'
import { generateIdentitySync, type Identity } from '@astranet/secure'

/** How a {@link rawLink} behaves. */
interface RawLinkOptions {
  readonly role: LinkRole
  readonly handler: Partial<LinkHandler>
  /** Default: a new one. */
  readonly identity?: Identity
  readonly introduction?: LinkIntroduction
  readonly clock?: Clock
  readonly grant?: LinkGrant
  readonly psk?: Uint8Array
  readonly pair?: LinkPair
}

/** A started link of a peer for which a test speaks. */
export function rawLink(duplex: ByteDuplex, options: RawLinkOptions): Link {
  const {
    role,
    handler,
    identity = generateIdentitySync(),
    introduction = { incarnation: 1 },
    clock,
    grant,
    psk,
    pair,
  } = options
  const link = new Link(duplex, {
    ...{ role, identity, introduction, grant, psk, pair },
    handler: { onOpen() {}, onStream() {}, onClose() {}, ...handler },
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    ...(clock === undefined ? {} : { clock }),
  })
  link.start()
  return link
}
