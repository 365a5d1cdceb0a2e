import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { AstraNet, LinkPath } from '@astranet/core'

const PIECE_BYTES = 65_536

/** Offers a service that answers, at the end of what it receives, with its SHA-256. */
export async function serveHash(node: AstraNet, name: string): Promise<void> {
  const listener = await node.bind('', name)
  listener.on('connection', (socket) => {
    const hash = createHash('sha256')
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => void hash.update(chunk))
    socket.on('end', () => socket.end(hash.digest('hex')))
  })
}

/** What came of pieces that were sent. */
export interface Poured {
  /** The SHA-256 that the two sides have. */
  readonly own: string
  readonly theirs: string
  readonly elapsedMs: number
  readonly path: LinkPath
}

/** Sends so many pieces of 64 KiB that all differ. */
export async function pour(
  node: AstraNet,
  { name, pieces }: { readonly name: string; readonly pieces: number },
): Promise<Poured> {
  const socket = await node.dial('', name)
  const hash = createHash('sha256')
  const start = performance.now()
  for (let piece = 0; piece < pieces; piece++) {
    const bytes = Buffer.alloc(PIECE_BYTES, piece % 251)
    bytes.writeUInt32BE(piece)
    hash.update(bytes)
    if (!socket.write(bytes)) await once(socket, 'drain')
  }
  socket.end()
  let theirs = ''
  for await (const chunk of socket) theirs += String(chunk)
  return { own: hash.digest('hex'), theirs, elapsedMs: performance.now() - start, path: socket.path }
}
