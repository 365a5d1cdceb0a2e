// Dials `sink` through the router at the address, `count` times, writes `bytes` to each socket, and exits in that turn.
import { AstraNet } from '../dist/index.js'

const [, , address, count, bytes] = process.argv
const client = new AstraNet()
await client.join('tcp4', address)
const dialed = Array.from({ length: Number(count) }, () => client.dial('', 'sink', { path: 'relay' }))
for (const socket of await Promise.all(dialed)) socket.end('x'.repeat(Number(bytes)))
process.exit()
