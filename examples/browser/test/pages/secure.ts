import { generateIdentity, secure, type SecurePipe, type SecureRole } from '@astranet/secure/browser'
import { ws } from '@astranet/transport-ws'

/** What a page is in a handshake, and how much it sends behind it. */
export interface Talk {
  readonly url: string
  readonly role: SecureRole
  /** Every byte of the network's secret; absent: none. */
  readonly psk?: number | undefined
  readonly bytes: number
}

/** What the page saw. */
export interface Talked {
  /** The code of the error, if it failed. */
  readonly code?: string
  /** The page's own identity key, in hex. */
  readonly ownKey?: string
  /** The key that the peer has proved. */
  readonly peerKey?: string
  readonly peerPayload?: string
  readonly handshakeHash?: string
  readonly receivedBytes?: number
  /** Whether every byte was that of the peer. */
  readonly isIntact?: boolean
}

/** Makes a WebSocket secure, sends bytes and takes what comes until the peer ends. */
async function talk({ url, role, psk, bytes }: Talk): Promise<Talked> {
  try {
    const identity = await generateIdentity()
    const pipe = await secure(await ws().dial('ws', url), {
      role,
      identity,
      psk: psk === undefined ? undefined : new Uint8Array(32).fill(psk),
      payload: new TextEncoder().encode('page'),
    })
    const chunks = await converse(pipe, new Uint8Array(bytes).fill(role.length))
    const peerByte = role === 'initiator' ? 'responder'.length : 'initiator'.length
    return {
      ownKey: hex(identity.publicKey),
      peerKey: hex(pipe.peer.publicKey),
      peerPayload: new TextDecoder().decode(pipe.peer.payload),
      handshakeHash: hex(pipe.handshakeHash),
      receivedBytes: chunks.reduce((sum, { length }) => sum + length, 0),
      isIntact: chunks.every((chunk) => chunk.every((byte) => byte === peerByte)),
    }
  } catch (error) {
    return { code: (error as { code?: string }).code ?? String(error) }
  }
}

function converse(pipe: SecurePipe, toSend: Uint8Array): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  return new Promise((resolve, reject) => {
    pipe.handle({
      onData: (chunk) => void chunks.push(chunk),
      onDrain: () => pipe.end(),
      onEnd() {},
      onClose: (reason) => (reason === undefined ? resolve(chunks) : reject(reason)),
    })
    if (pipe.writev([toSend])) pipe.end()
  })
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

Object.assign(globalThis, { talk })
