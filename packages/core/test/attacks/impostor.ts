import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { PREAMBLE_BYTES } from '@astranet/link'
import { derivePsk, nodeCrypto, type Signer } from '@astranet/secure'
import { frameMessage, Handshake, LENGTH_BYTES } from '@astranet/secure/proto'

/** The shortest HELLO: its length, and the map of `i`, the incarnation, to 1. */
const HELLO = Uint8Array.of(0x04, 0x81, 0xa1, 0x69, 0x01)

const ROLE_AT = 12
const NONCE_AT = 14
const NONCE_BYTES = 16
const ACCEPTOR = 2

/** A member who does the handshake with real bytes, and shows an identity that need not be its own. */
export interface Impostor {
  /** The network's. */
  readonly secret: string | undefined
  readonly shown: Signer
}

/** Reads a connection piece by piece. */
class Pieces {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** The next `length` bytes; an error when the connection ends before. */
  async take(length: number): Promise<Buffer> {
    for (;;) {
      const piece = this.#socket.read(length) as Buffer | null
      if (piece?.length === length) return piece
      if (this.#socket.readableEnded || this.#socket.destroyed) throw new Error('the node has refused')
      await Promise.race(['readable', 'end', 'close'].map((event) => once(this.#socket, event)))
    }
  }

  async message(): Promise<Buffer> {
    const length = (await this.take(LENGTH_BYTES)).readUInt16BE()
    if (length === 0) throw new Error('the node has refused')
    return await this.take(length)
  }
}

async function handshakeOf(
  { secret, shown }: Impostor,
  parts: { role: 'initiator' | 'responder'; prologue: Uint8Array; payload: Uint8Array },
): Promise<Handshake> {
  const psk = secret === undefined ? undefined : await derivePsk(secret)
  return new Handshake({ ...parts, psk, crypto: nodeCrypto.crypto, identity: shown })
}

/** Listens in the place of a node. `answers`: how many dialers have sent message 3. */
export async function listenAs(
  impostor: Impostor,
): Promise<{ address: string; close(): void; answers(): number }> {
  let answers = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    void answer(socket).catch(() => socket.destroy())
  })
  const answer = async (socket: Socket): Promise<void> => {
    const pieces = new Pieces(socket)
    const preamble = await pieces.take(PREAMBLE_BYTES)
    const own = Buffer.from(preamble)
    own[ROLE_AT] = ACCEPTOR
    own[NONCE_AT] = (own[NONCE_AT] as number) ^ 1
    const payload = Buffer.concat([own, HELLO])
    const handshake = await handshakeOf(impostor, { role: 'responder', prologue: preamble, payload })
    await handshake.start()
    const second = (await handshake.receive(await pieces.message())) as Uint8Array
    socket.write(Buffer.concat([own, frameMessage(second)]))
    await handshake.receive(await pieces.message())
    answers += 1
    socket.destroy()
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { address: `127.0.0.1:${port}`, close: () => void server.close(), answers: () => answers }
}

/**
 * Joins a node with the preamble of a dialer, and sends nothing behind message 3. Resolves when the node has closed the
 * connection.
 */
export async function joinAs(
  impostor: Impostor,
  { address, preamble }: { address: string; preamble: Uint8Array },
): Promise<void> {
  const [host = '', port] = address.split(':')
  const socket = connect({ host, port: Number(port) }).on('error', () => {})
  // A node refuses a first message that repeats a nonce.
  const prologue = randomFillSync(Buffer.from(preamble), NONCE_AT, NONCE_BYTES)
  const handshake = await handshakeOf(impostor, { role: 'initiator', prologue, payload: HELLO })
  socket.write(Buffer.concat([prologue, frameMessage((await handshake.start()) as Uint8Array)]))
  const pieces = new Pieces(socket)
  await pieces.take(PREAMBLE_BYTES)
  const third = (await handshake.receive(await pieces.message())) as Uint8Array
  socket.write(frameMessage(third))
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}
