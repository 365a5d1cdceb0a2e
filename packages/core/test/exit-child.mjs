// A client that ends, with AstraNet as it is built (sources would take seconds to compile) or with node:net. It opens three
// connections, greets on each, and writes on two of them in the turn in which it ends as `way` says.
import net from 'node:net'
import { AstraNet } from '../dist/index.js'
import { transportsOf } from './exit-transports.mjs'

const { over, network, address, way } = JSON.parse(process.argv[2])

/** The end of the program only: nothing but the sockets, which keep no process alive. */
const keepAlive = setInterval(() => {}, 60_000)

async function dialer() {
  if (over === 'net') return () => connected(net.connect(address))
  const node = new AstraNet(transportsOf(network))
  if (way === 'the end of the program') {
    const [host, port] = address.split(':')
    await node.attach((await connected(net.connect({ host, port, allowHalfOpen: true }))).unref())
  } else await node.join(network === 'tls' ? 'tcp4' : network, address)
  return (name) => node.dial('', name)
}

async function connected(socket) {
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

/** A connection that the server has read from. */
async function greet(dial, name) {
  const socket = await dial(name)
  socket.on('error', (error) => process._rawDebug(`${name}: ${error.message}`))
  socket.write(`${name}:`)
  await new Promise((resolve) => socket.once('data', resolve))
  return way === 'the end of the program' ? socket.unref() : socket
}

const ways = {
  'an end callback': (socket) => socket.end('last words', () => process.exit()),
  'a write callback': (socket) => socket.write('last words', () => process.exit()),
  'an exception': (socket) => {
    socket.write('last words')
    throw new Error('as the test wants it')
  },
  'a signal that it handles': (socket) => {
    process.on('SIGTERM', () => process.exit())
    socket.write('last words')
    process.kill(process.pid, 'SIGTERM')
  },
  'the end of the program': (socket) => {
    socket.write('last words')
    clearInterval(keepAlive)
  },
  'an exit listener': (socket) => {
    process.on('exit', () => socket.write('last words'))
    setImmediate(() => process.exit())
  },
  'a signal that it does not handle': () => process.kill(process.pid, 'SIGTERM'),
  SIGKILL: () => process.kill(process.pid, 'SIGKILL'),
}

const dial = await dialer()
await greet(dial, 'idle')
const lost = await greet(dial, 'lost')
const words = await greet(dial, 'words')
// More than the server takes: it does not read this one.
lost.write(Buffer.alloc(32 << 20, 'x'))
ways[way](words)
