import express from 'express'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
const app = express()
app.get('/hello/:name', (request, response) => {
  response.json({ hello: request.params.name, from: request.socket.remoteAddress !== undefined })
})

// In place of app.listen(8080).
await nodes.server.serve('web', app)

const response = await nodes.client.fetch('http://web/hello/world')
console.log(response.status, await response.text())
