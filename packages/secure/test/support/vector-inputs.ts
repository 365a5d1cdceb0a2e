import { counting, utf8 } from './bytes.js'
import type { ReferenceInput } from '../../../../tooling/reference/secure-handshake.js'

/** What both vectors of spec/secure.md are made of; one of them has the secret as well. */
export const vectorInput: ReferenceInput = {
  prologue: utf8('example prologue'),
  psk: undefined,
  initiator: {
    ephemeral: counting(0x20),
    static: counting(0x00),
    identity: counting(0x80),
    payload: utf8('from the initiator'),
  },
  responder: {
    ephemeral: counting(0x41),
    static: counting(0x01),
    identity: counting(0xa0),
    payload: utf8('from the responder'),
  },
}

/** The secret of the second vector, before it is stretched. */
export const vectorSecret = 'correct horse battery staple'
