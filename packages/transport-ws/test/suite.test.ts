import { byteDuplexSuite, transportSuite } from '@astranet/testkit'
import { ws } from '@astranet/transport-ws'
import { ws as browserWs, type StandardWebSocketConstructor } from '@astranet/transport-ws/browser'
import { WebSocket } from 'ws'
import { describe, it } from 'vitest'
import { listening, serverTls, turnsUntil } from './support.js'

const badAddresses = [
  '',
  'localhost',
  '127.0.0.1:',
  '127.0.0.1:70000',
  '::1:80',
  'a b:80',
  'http://x:1',
  'ws://',
  'ws://user@x:1/',
  'ws://x:1/#a',
]

for (const network of ['ws', 'wss']) {
  const options = network === 'wss' ? { tls: serverTls } : {}
  transportSuite({
    name: network,
    network,
    listenAddress: '127.0.0.1:0',
    badAddresses,
    createTransport: () => ws(options),
    security: { isPrivate: true, hasExporter: network === 'wss' },
    // A name server that does not answer, as on a network that has just gone away.
    createUnanswered: () => ({
      transport: ws({ ...options, lookup: () => undefined }),
      address: 'nowhere.example:1',
    }),
    runner: { describe, it },
  })
}

byteDuplexSuite({
  name: "a browser's end",
  // Given to the WebSocket ahead of the network, and a message more.
  aheadBytes: 1_048_576 + 65_536,
  // A browser does not tell a page its own address, so the page cannot know that the pipe is private.
  security: [
    { isPrivate: false, hasExporter: false },
    { isPrivate: true, hasExporter: false },
  ],
  runner: { describe, it },
  createPair: async () => {
    const { listener, accepted } = await listening(ws())
    const transport = browserWs({ webSocket: WebSocket as unknown as StandardWebSocketConstructor })
    const a = await transport.dial('ws', listener.address)
    await turnsUntil(() => accepted.length === 1)
    await listener.close()
    const [b] = accepted
    if (b === undefined) throw new Error('nothing was accepted')
    return { a, b }
  },
})
