import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import { nodeIdFromBytes, nodeIdToBytes } from '@astranet/interface'
import { MAX_MESSAGE_BYTES, type CatalogueRole, type NeighbourFacts } from '@astranet/registry'
import type { Socket } from 'node:net'
import type { Exchange } from './exchange.js'

/** Joins two catalogues of this process. The messages are encoded and decoded as on a wire. */
export function linkInMemory(a: Exchange, b: Exchange): void {
  const [factsOfA, factsOfB] = [a.facts, b.facts]
  a.up(factsOfB, { canSend: () => true, send: deliverTo(b, factsOfA) })
  b.up(factsOfA, { canSend: () => true, send: deliverTo(a, factsOfB) })
}

function deliverTo(receiver: Exchange, { nodeId }: NeighbourFacts): (bytes: Uint8Array) => void {
  const decoder = new MessageDecoder({ maxBytes: MAX_MESSAGE_BYTES })
  return (bytes) => {
    decoder.push(bytes)
    // In its own turn, so that no call of one catalogue is inside a call of another.
    setImmediate(() => readAll(decoder, (message) => receiver.receive(nodeId, message)))
  }
}

/** Joins a catalogue with one of another process. Each side's first message says which node it is. */
export function linkBySocket(exchange: Exchange, socket: Socket): void {
  const decoder = new MessageDecoder({ maxBytes: MAX_MESSAGE_BYTES })
  let peer: NeighbourFacts | undefined
  socket.setNoDelay(true)
  socket.write(encodeMessage(encodeFacts(exchange.facts)))
  socket.on('drain', () => exchange.schedule())
  socket.on('error', () => socket.destroy())
  socket.on('close', () => peer === undefined || exchange.down(peer.nodeId))
  socket.on('data', (chunk: Buffer) => {
    decoder.push(chunk)
    readAll(decoder, (message) => {
      if (peer !== undefined) return exchange.receive(peer.nodeId, message)
      peer = decodeFacts(message as Facts)
      const send = (bytes: Uint8Array): unknown => socket.write(bytes)
      exchange.up(peer, { canSend: () => !socket.writableNeedDrain, send })
    })
  })
}

type Facts = [Uint8Array, number, CatalogueRole, boolean]

function encodeFacts({ nodeId, incarnation, role, holdsAll }: NeighbourFacts): Facts {
  return [nodeIdToBytes(nodeId), incarnation, role, holdsAll]
}

function decodeFacts([nodeId, incarnation, role, holdsAll]: Facts): NeighbourFacts {
  return { nodeId: nodeIdFromBytes(nodeId), incarnation, role, holdsAll }
}

function readAll(decoder: MessageDecoder, onMessage: (message: unknown) => void): void {
  for (let result = decoder.next(); result.kind !== 'incomplete'; result = decoder.next()) {
    if (result.kind === 'error') throw result.error
    onMessage(result.value)
  }
}
