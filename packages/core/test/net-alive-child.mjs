// Does one thing with `net`, real or of AstraNet as it is built, and then nothing more. It says whether the process
// ends by itself, or what keeps it alive goes on for a while.
import { once } from 'node:events'
import realNet from 'node:net'
import { AstraNet } from '../dist/index.js'

const [, , over, name] = process.argv
const net = over === 'net' ? realNet : new AstraNet().net

async function listening(onConnection = (socket) => socket.resume()) {
  const server = net.createServer(onConnection).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function connected(server) {
  const socket = net.connect(server.address().port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const things = {
  nothing: () => {},
  'a socket that is not connected': () => new net.Socket(),
  'a server that listens': () => listening(),
  'an unref server': async () => (await listening()).unref(),
  'a server that was unref before it listens': () => net.createServer().unref().listen(0),
  'a server that is ref again': async () => (await listening()).unref().ref(),
  'a closed server': async () => (await listening()).close(),
  'a connected socket': async () => {
    const server = await listening((socket) => socket.unref().resume())
    server.unref()
    await connected(server)
  },
  'unref sockets': async () => {
    const server = await listening((socket) => socket.unref().resume())
    server.unref()
    const socket = await connected(server)
    socket.unref()
  },
  'a socket that is paused before it reads': async () => {
    const server = await listening((socket) => socket.unref().resume())
    server.unref()
    net.connect(server.address().port, '127.0.0.1').pause()
  },
  'an accepted socket': async () => {
    const server = await listening((socket) => socket.resume())
    server.unref()
    const socket = await connected(server)
    socket.unref()
  },
  'a lookup that never answers': () => void net.connect({ port: 1, host: 'x', lookup: () => {} }),
  'what nobody reads': async () => {
    const server = await listening((socket) => socket.end())
    server.unref()
    const socket = await connected(server)
    socket.on('end', () => socket.write('nobody reads this')).resume()
  },
}

// A second that the process has had in many turns: on a busy machine one turn may take longer than that.
let turns = 0
setInterval(() => {
  turns += 1
  if (turns < 20) return
  process.stdout.write('alive')
  process.exit()
}, 50).unref()
process.on('beforeExit', () => process.stdout.write('ends'))
void things[name]()
