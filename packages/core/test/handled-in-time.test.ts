import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Listener, Socket } from '../src/index.js'
import { failure, turns, twoNodes, type TwoNodes } from './support.js'

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

/** What the far end does the moment it has the socket, so that it arrives together with the answer to the dial. */
const endings: Record<string, (socket: Socket) => unknown> = {
  'a reset': (socket) => socket.resetAndDestroy(),
  'an end': (socket) => socket.end(),
  'last words and an end': (socket) => socket.end('bye'),
}

/** What a program that listens from the first chance on gets to see. */
function listen(socket: Socket): Promise<string[]> {
  const events: string[] = []
  socket.on('error', (error: Error & { code?: string }) => events.push(`error ${error.code}`))
  socket.on('data', (chunk: Buffer) => events.push(`data ${chunk.toString()}`))
  socket.on('end', () => events.push('end'))
  return new Promise((resolve) => socket.once('close', () => resolve(events)))
}

const expected: Record<string, string[]> = {
  'a reset': ['error ECONNRESET'],
  'an end': ['end'],
  'last words and an end': ['data bye', 'end'],
}

for (const [name, ending] of Object.entries(endings)) {
  test(`${name} that arrives with the answer to a dial waits for the code behind await`, async () => {
    for (const dialer of [nodes.client, nodes.server]) {
      const listener = await nodes.server.bind('', 'short')
      listener.on('connection', (socket) => {
        socket.on('error', () => {})
        ending(socket)
      })
      for (let round = 0; round < 5; round++) {
        const dialing = dialer.dial('', 'short')
        // A program that dials through a few functions of its own has its turn after a few microtasks.
        const socket = await dialing.then((each) => each).then(async (each) => each)
        expect(await listen(socket)).toEqual(expected[name])
      }
      listener.close()
    }
  })
}

/** Ways to get an accepted socket in which the code behind an await attaches its handlers. */
const accepting: Record<string, (listener: Listener) => Promise<Socket>> = {
  'accept()': (listener) => listener.accept(),
  "once(listener, 'connection')": async (listener) => ((await once(listener, 'connection')) as [Socket])[0],
  'for await': async (listener) => {
    for await (const socket of listener) return socket
    throw new Error('the listener was closed')
  },
}

for (const [way, accept] of Object.entries(accepting)) {
  test(`a client that is gone again at once is no uncaught error for ${way}`, async () => {
    const listener = await nodes.server.bind('', 'hasty')
    const accepted = accept(listener)
    const socket = await nodes.client.dial('', 'hasty')
    socket.resetAndDestroy()
    expect(await listen(await accepted)).toEqual(['error ECONNRESET'])
    listener.close()
  })

  test(`a client that gave its dial up is no uncaught error for ${way}`, async () => {
    const listener = await nodes.server.bind('', 'hasty')
    const accepted = accept(listener)
    const giving = new AbortController()
    const dialing = failure(nodes.client.dial('', 'hasty', { signal: giving.signal }))
    // The dial has left; its end follows in the next flush.
    await turns(1)
    giving.abort()
    await dialing
    // Either the end came first and there never was a socket, or there is one that ends.
    const dialed = nodes.client.dial('', 'hasty')
    const first = await accepted
    const events = listen(first)
    const second = await dialed
    second.on('error', () => {})
    second.end()
    expect((await events).at(-1)).toMatch(/^(end|error ECONNRESET)$/)
    listener.close()
  })
}
