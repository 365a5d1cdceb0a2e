import { once } from 'node:events'
import type { AstraNet, Socket } from '@astranet/core'
import type { Bulk } from './calls.js'

/** Bytes sent to measure the throughput. */
export const BULK_BYTES: number = 128 * 1024 * 1024

const CHUNK = new Uint8Array(64 * 1024)

/** The service `bulk`: counts what arrives, and answers with the number once the client has ended. */
export function countBytes(socket: Socket): void {
  let bytes = 0
  socket.on('data', (chunk: Uint8Array) => (bytes += chunk.length))
  socket.on('end', () => socket.end(String(bytes)))
  // The client notices a broken stream and reports it.
  socket.on('error', () => undefined)
}

/** Sends bytes to `bulk` on one stream, until the server confirms that it has received them. */
export async function sendBulk(node: AstraNet): Promise<Bulk> {
  const socket = await node.dial('', 'bulk', { allowHalfOpen: true })
  const startedAt = performance.now()
  const confirmed = confirmation(socket)
  // A stream that breaks while the loop waits for 'drain' rejects there, and nobody waits for this one.
  confirmed.catch(() => undefined)
  for (let sent = 0; sent < BULK_BYTES; sent += CHUNK.length)
    if (!socket.write(CHUNK)) await once(socket, 'drain')
  socket.end()
  const receivedBytes = await confirmed
  if (receivedBytes !== BULK_BYTES)
    throw new Error(`the server received ${receivedBytes} of ${BULK_BYTES} bytes`)
  return { elapsedMs: performance.now() - startedAt }
}

async function confirmation(socket: Socket): Promise<number> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return Number(text)
}
