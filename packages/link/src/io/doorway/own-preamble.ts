import { QMUX_DRAFT_NUMBER } from '@astranet/frame'
import type { ByteDuplex } from '@astranet/interface'
import { HelloLimit } from '../../proto/hello.js'
import { encodePreamble, NO_KEY_ID, type LinkRole, type Preamble } from '../../proto/preamble.js'

/** The label under which TLS exports the value that both sides compare. */
export const EXPORTER_LABEL = 'EXPORTER-astranet-1'

/** This side's preamble. */
export interface OwnPreamble {
  readonly preamble: Preamble
  /** As it is sent. */
  readonly bytes: Uint8Array
  /** What TLS exports for this pipe; `undefined` where it cannot. */
  readonly exporter: Uint8Array | undefined
}

/** What this side's preamble is made of. */
export interface OwnPreambleParts {
  readonly role: LinkRole
  readonly hasSecret: boolean
  readonly insistsOnEncryption: boolean
  /** Default: zeros, the network's secret. */
  readonly keyId: Uint8Array | undefined
  readonly nonce: Uint8Array
}

/** The preamble that this side sends over `duplex`. */
export function ownPreamble(duplex: ByteDuplex, parts: OwnPreambleParts): OwnPreamble {
  const exporter = exportedBy(duplex)
  const preamble: Preamble = {
    ...parts,
    qmuxDraft: QMUX_DRAFT_NUMBER,
    isResuming: false,
    isPrivate: duplex.security?.isPrivate === true,
    hasExporter: exporter !== undefined,
    keyId: parts.keyId ?? NO_KEY_ID,
  }
  return { preamble, bytes: encodePreamble(preamble), exporter }
}

function exportedBy({ security }: ByteDuplex): Uint8Array | undefined {
  try {
    return security?.exportKeyingMaterial?.(HelloLimit.EXPORTER_BYTES, EXPORTER_LABEL)
  } catch {
    // The connection has closed; the handshake will notice.
    return undefined
  }
}
