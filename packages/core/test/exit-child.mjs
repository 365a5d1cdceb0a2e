// A client that ends, with AstraNet as it is built (to compile the sources takes seconds) or with node:net. It opens
// two or three connections, greets on each, writes "last words" on one of them and ends as `way` says. On the third
// one, `lost`, it has written more by then than can leave.
import net from 'node:net'
import { AstraNet } from '../dist/index.js'
import { transportsOf } from './exit-transports.mjs'

const { over, network, address, way } = JSON.parse(process.argv[2])

const keepAlive = setInterval(() => {}, 60_000)

const ways = {
  'in the callback of end': (socket) => socket.end('last words', () => process.exit()),
  'in the callback of a write': (socket) => socket.write('last words', () => process.exit()),
  'by an exception': (socket) => {
    socket.write('last words')
    throw new Error('nobody catches this')
  },
  'by a signal that it handles': (socket) => {
    process.on('SIGTERM', () => process.exit())
    socket.write('last words')
    process.kill(process.pid, 'SIGTERM')
  },
  'with a listener for exit that writes': (socket) => {
    process.on('exit', () => socket.write('last words'))
    setImmediate(() => process.exit())
  },
  'in the turn of a flush': (socket) => {
    setImmediate(async () => {
      socket.write('last ')
      // A flush over TLS waits for some rounds of ticks and promises, not for a turn.
      for (let round = 0; round < 20; round++) await new Promise((resolve) => process.nextTick(resolve))
      socket.write('words')
      process.exit()
    })
  },
  'because nothing keeps it alive': (socket) => {
    socket.write('last words')
    clearInterval(keepAlive)
  },
  'after an exception that it handles': (socket) => {
    process.on('uncaughtException', () => setImmediate(() => socket.end('last words', () => process.exit())))
    throw new Error('a listener catches this')
  },
  'by a signal that it does not handle': () => process.kill(process.pid, 'SIGTERM'),
  'by SIGKILL': () => process.kill(process.pid, 'SIGKILL'),
}

async function connected(socket) {
  await new Promise((resolve) => socket.once('connect', resolve))
  return way === 'because nothing keeps it alive' ? socket.unref() : socket
}

async function dialer() {
  if (over === 'net') return () => connected(net.connect(address))
  const node = new AstraNet(transportsOf(over))
  if (way === 'because nothing keeps it alive') {
    const [host, port] = address.split(':')
    await node.attach(await connected(net.connect({ host, port, allowHalfOpen: true })))
  } else await node.join(network, address)
  return async (name) => {
    const socket = await node.dial('', name)
    return way === 'because nothing keeps it alive' ? socket.unref() : socket
  }
}

/** A connection of which the server has read. */
async function greet(dial, name) {
  const socket = await dial(name)
  socket.on('error', () => {})
  socket.write(`${name}:`)
  await new Promise((resolve) => socket.once('data', resolve))
  return socket
}

const dial = await dialer()
await greet(dial, 'idle')
const lost = /callback|by an exception/.test(way) ? await greet(dial, 'lost') : undefined
const words = await greet(dial, 'words')
lost?.write(Buffer.alloc(4 << 20, 'x'))
ways[way](words)
