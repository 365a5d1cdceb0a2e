import { createHash, randomBytes } from 'node:crypto'
import type { AstraNet } from '@astranet/core'

const BYTES = 4 << 20

/** Dials `service`, an echo, and throws unless every byte returns. Resolves with the number of bytes. */
export async function checkEcho(node: AstraNet, service: string): Promise<number> {
  const sent = randomBytes(BYTES)
  const returned = createHash('sha256')
  const socket = await node.dial('', service)
  socket.end(sent)
  for await (const chunk of socket) returned.update(chunk as Uint8Array)
  if (returned.digest('hex') === createHash('sha256').update(sent).digest('hex')) return sent.length
  throw new Error(`the bytes returned by "${service}" differ from the sent ones`)
}
