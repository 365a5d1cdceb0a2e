import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { PREAMBLE_BYTES } from '@astranet/link'
import { AstraNet } from '../../src/index.js'

/** What strangers send before they fall silent. */
export type StrangerKind = 'silent' | 'preamble' | 'garbage' | 'message 1'

export const STRANGER_KINDS: readonly StrangerKind[] = ['silent', 'preamble', 'garbage', 'message 1']

/** Bytes in front of a message of the handshake, which say how long it is. */
const LENGTH_BYTES = 2

/**
 * What a member sends at first, recorded from a real one: its preamble and message 1. Whoever has seen it on the wire
 * can repeat it as often as it likes, and a node cannot tell it from a new one.
 */
export async function recordedFirst(secret: string | undefined): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using member = new AstraNet(secret === undefined ? {} : { secret })
  const { port } = server.address() as AddressInfo
  const joining = member.join('tcp4', `127.0.0.1:${port}`).catch(() => {})
  const [socket] = (await once(server, 'connection')) as [NodeJS.ReadableStream & { destroy(): void }]
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer])
    if (bytes.length >= PREAMBLE_BYTES + LENGTH_BYTES) {
      if (bytes.length >= PREAMBLE_BYTES + LENGTH_BYTES + bytes.readUInt16BE(PREAMBLE_BYTES)) break
    }
  }
  server.close()
  await joining
  return bytes
}

/** What a stranger sends that has recorded `first`. */
export function bytesOf(kind: StrangerKind, first: Buffer): Buffer {
  const messageAt = PREAMBLE_BYTES + LENGTH_BYTES
  switch (kind) {
    case 'silent':
      return Buffer.alloc(0)
    case 'preamble':
      return first.subarray(0, PREAMBLE_BYTES)
    case 'garbage':
      return Buffer.concat([first.subarray(0, messageAt), randomBytes(first.length - messageAt)])
    case 'message 1':
      return first
  }
}
