import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { AstraNet } from '@astranet/core'
import { ws } from '@astranet/transport-ws'
import { serveFiles } from './files.js'
import { bindServices } from './services.js'

// One HTTP server for the page and for the WebSockets on which pages join.
const server = createServer(serveFiles(fileURLToPath(new URL('../page', import.meta.url))))
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1')
await once(server, 'listening')

const node = new AstraNet({ transports: [ws({ server })] })
await bindServices(node)
await node.listenAndServe('ws', '/astranet')
console.log(`open http://127.0.0.1:${(server.address() as AddressInfo).port}`)
