import { generateIdentity, nodeCrypto } from '../../src/index.js'
import { Handshake } from '../../src/proto/handshake/handshake.js'
import type { HandshakeOptions } from '../../src/proto/handshake/handshake-options.js'

/** The identities of the two sides of every handshake here. */
export const identities = { initiator: await generateIdentity(), responder: await generateIdentity() }

/** One side of a handshake, by node:crypto unless the options say otherwise. */
export function side(role: 'initiator' | 'responder', options: Partial<HandshakeOptions> = {}): Handshake {
  return new Handshake({ crypto: nodeCrypto.crypto, role, identity: identities[role], ...options })
}

/** The three messages of a handshake, and both its sides. */
export interface Exchange {
  readonly initiator: Handshake
  readonly responder: Handshake
  readonly messages: readonly [Uint8Array, Uint8Array, Uint8Array]
}

/** Carries a handshake through; `change` may change a message on the way. Rejects with the first failure of a side. */
export async function exchange(
  initiator: Handshake,
  responder: Handshake,
  change: (message: Uint8Array, number: 1 | 2 | 3) => Uint8Array = (message) => message,
): Promise<Exchange> {
  await responder.start()
  const first = change((await initiator.start()) as Uint8Array, 1)
  const second = change((await responder.receive(first)) as Uint8Array, 2)
  const third = change((await initiator.receive(second)) as Uint8Array, 3)
  await responder.receive(third)
  return { initiator, responder, messages: [first, second, third] }
}

/** The code of what `promise` rejects with; `'none'` when it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}
