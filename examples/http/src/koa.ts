import Koa from 'koa'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
const app = new Koa()
app.use((context) => {
  context.body = { hello: context.path.slice(1) }
})

// In place of app.listen(8080).
await nodes.server.serve('web', app.callback())

const response = await nodes.client.fetch('http://web/world')
console.log(response.status, await response.text())
