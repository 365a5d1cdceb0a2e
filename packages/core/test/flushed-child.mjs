// Writes to a server, with AstraNet as it is built or with node:net, and then does nothing more: the process ends when
// nothing keeps it alive. Its output says what it has done.
import net from 'node:net'
import { AstraNet } from '../dist/index.js'

const { over, network, address, host, port, way } = JSON.parse(process.argv[2])
const say = (word) => process.stdout.write(`${word}\n`)

/** More than a socket may send before the other side reads. */
const PIECES = 50
const PIECE = Buffer.alloc(2_000)

const ways = {
  'has joined': () => {},
  'has ended a socket': (socket) => {
    socket.end(Buffer.alloc(3_000_000))
    say('ended')
  },
  'has written to an unref socket': (socket) => {
    socket.unref()
    for (let piece = 0; piece < PIECES; piece++) socket.write(PIECE)
  },
  'has closed a socket that the other side ended': (socket) => {
    socket.on('end', () => {
      for (let piece = 0; piece < PIECES; piece++) socket.write(PIECE)
      socket.end()
    })
  },
  'has destroyed a socket': (socket) => {
    for (let piece = 0; piece < PIECES; piece++) socket.write(PIECE)
    socket.destroy()
  },
}

process.once('beforeExit', () => say('idle'))
const node = over === 'net' ? undefined : new AstraNet({ holePunching: false })
await node?.join(network, address)
if (way !== 'has joined') {
  const socket = (node?.net ?? net).connect({ host, port }, () => ways[way](socket))
  socket.on('close', (hadError) => say(hadError ? 'failed' : 'closed')).resume()
}
