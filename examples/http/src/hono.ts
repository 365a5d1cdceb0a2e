import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
const app = new Hono()
app.get('/hello/:name', (context) => context.json({ hello: context.req.param('name') }))

// In place of serve(app).
await nodes.server.serve('web', getRequestListener(app.fetch))

const response = await nodes.client.fetch('http://web/hello/world')
console.log(response.status, await response.text())
