import { createServer } from 'node:http'
import { AstraNet } from '@astranet/core'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { collectNode } from './collector.js'

// A node whose metrics Prometheus reads at http://127.0.0.1:PORT/metrics. The first line of output is that address.
const node = new AstraNet()
await node.listenAndServe('tcp4', '127.0.0.1:0')
await node.bind('echo')

const registry = new Registry()
collectDefaultMetrics({ register: registry })
collectNode(node, registry)

const server = createServer((request, response) => {
  if (request.url !== '/metrics') return void response.writeHead(404).end()
  registry.metrics().then(
    (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
    (error: unknown) => response.writeHead(500).end(String(error)),
  )
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') return
  console.log(`http://127.0.0.1:${address.port}/metrics`)
})
process.once('SIGTERM', () => {
  server.close()
  void node.drain({ deadlineMs: 5_000 })
})
