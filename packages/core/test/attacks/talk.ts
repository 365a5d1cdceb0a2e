import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { AstraNet } from '../../src/index.js'
import { textOf } from '../support.js'

/** What nodes say to each other in these tests: a service's name, and a text that is sent there and comes back. */
export interface Talk {
  readonly name: string
  readonly text: string
}

/** Offers an echo service with a name of its own. */
export async function offerEcho(node: AstraNet): Promise<Talk> {
  const talk = { name: `echo-${randomUUID()}`, text: `secret ${randomUUID()}` }
  const listener = await node.bind('', talk.name)
  listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  return talk
}

/** Dials the service and sends the text. */
export async function speak(node: AstraNet, { name, text }: Talk): Promise<void> {
  const socket = await node.dial('', name)
  socket.end(text)
  expect(await textOf(socket)).toBe(text)
}
