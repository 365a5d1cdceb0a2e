// An HTTP client that ends as `way` says, in the middle of its request and of the answer. AstraNet as it is built.
import { AstraNet } from '../dist/index.js'

const [, , address, way] = process.argv
const node = new AstraNet()
await node.join('tcp4', address)
const socket = await node.dial('', 'web')
socket.on('error', () => {})
socket.write('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\nbegun')
await new Promise((resolve) => socket.once('data', resolve))
socket.write('and more')
if (way === 'exits') process.exit()
if (way === 'throws') throw new Error('nobody catches this')
if (way === 'is killed') process.kill(process.pid, 'SIGKILL')
