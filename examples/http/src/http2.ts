import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
const server = createServer()
server.on('stream', (stream, headers) => {
  stream.respond({ ':status': 200 })
  stream.end(`HTTP/2 ${String(headers[':path'])}`)
})
await nodes.server.serve('web', server)

const session = connect('http://web', {
  createConnection: ({ host }) => nodes.client.httpConnect('', host),
})
const stream = session.request({ ':path': '/hello' })
let text = ''
for await (const chunk of stream) text += String(chunk)
console.log(text)
session.close()
await once(session, 'close')
