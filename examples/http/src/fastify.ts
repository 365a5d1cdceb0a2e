import { fastify } from 'fastify'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
const app = fastify({ serverFactory: (handler) => nodes.server.httpServer(handler) })
app.get('/hello/:name', (request) => ({ hello: (request.params as { name: string }).name }))

// The path of Fastify's listen is the name of the service.
await app.listen({ path: 'web' })

const response = await nodes.client.fetch('http://web/hello/world')
console.log(response.status, await response.text())
await app.close()
