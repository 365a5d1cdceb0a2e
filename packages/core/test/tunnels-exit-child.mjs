// Dials `sink` through the router at the address, and exits in the turn in which it has written.
import { AstraNet } from '../dist/index.js'

const client = new AstraNet()
await client.join('tcp4', process.argv[2])
const socket = await client.dial('', 'sink', { path: 'relay' })
socket.end('the last words')
process.exit()
