import type { ByteDuplex } from '@astranet/interface'
import { invalidReturn } from '@astranet/interface/check'
import { defaultProvider } from '@astranet/secure'
import type { HelloFields } from '../../proto/hello.js'
import { NONCE_BYTES } from '../../proto/preamble.js'
import type { OptionsOf } from '../link-options.js'
import type { DoorSide } from './door.js'
import { ownHello } from './own-hello.js'
import { ownPreamble } from './own-preamble.js'

/** What the options of a link say of its own side. */
export interface OwnSide {
  /** Without what depends on the peer. */
  readonly hello: HelloFields
  /** For the doorway, when it begins. */
  makeSide(): DoorSide
}

/** Throws a `TypeError` or `RangeError` that names the option which is wrong; the others were checked. */
export function ownSide(duplex: ByteDuplex, options: OptionsOf<never>): OwnSide {
  const hello = ownHello(options, duplex)
  const nonce = makeNonce(options.randomBytes)
  return { hello, makeSide: () => doorSide(duplex, { options, hello, nonce }) }
}

function doorSide(
  duplex: ByteDuplex,
  { options, hello, nonce }: { options: OptionsOf<never>; hello: HelloFields; nonce: Uint8Array },
): DoorSide {
  const { role, identity, psk, grant, pair, encryption, provider = defaultProvider } = options
  const { expectedNodeId, expectedKey } = options
  const own = ownPreamble(duplex, {
    role,
    nonce,
    hasSecret: psk !== undefined || grant !== undefined || pair !== undefined,
    insistsOnEncryption: encryption === 'always',
    keyId: psk === undefined && pair === undefined ? grant?.id : undefined,
  })
  const networkPsk = psk instanceof Uint8Array ? () => Promise.resolve(psk) : psk
  return { own, identity, provider, hello, networkPsk, grant, pair, expectedNodeId, expectedKey }
}

function makeNonce(randomBytes: (length: number) => Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  if (nonce.length === NONCE_BYTES) return nonce
  throw invalidReturn(`${NONCE_BYTES} bytes`, 'randomBytes', nonce)
}
