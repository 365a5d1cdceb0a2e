import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { request } from 'undici'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
let connections = 0
const server = await nodes.server.serve('web', (incoming, response) =>
  response.end(`you asked for ${incoming.url}`),
)
server.on('connection', () => (connections += 1))

// http.get, and every library that takes an agent. 20 requests share two connections.
const agent = nodes.client.httpAgent({ keepAlive: true, maxSockets: 2 })
const texts = Array.from({ length: 20 }, async (_, i) => {
  const [response] = (await once(get(`http://web/${i}`, { agent }), 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
})
console.log((await Promise.all(texts))[19], `over ${connections} connections`)
agent.destroy()

// undici, and every library that takes a dispatcher.
const dispatcher = nodes.client.dispatcher({ connections: 1 })
const { statusCode, body } = await request('http://web/undici', { dispatcher })
console.log(statusCode, await body.text())
await dispatcher.close()
