// What programs do with `net`, real or of AstraNet: each thing resolves when it has done all.
import { once } from 'node:events'

/** `servers` are those of another process: where each listens. */
export function netThings(net, servers = {}) {
  return { ...ownThings(net), ...remoteThings(net, servers) }
}

function closes(socket) {
  return async () => {
    if (socket.destroyed) return
    socket.on('error', () => {})
    socket.destroy()
    await once(socket, 'close')
  }
}

/** With servers of this process. */
function ownThings(net) {
  async function listening(keep, onConnection = (socket) => socket.resume()) {
    const server = net.createServer((socket) => {
      keep(closes(socket))
      onConnection(socket)
    })
    keep(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return server
  }

  function connecting(keep, server) {
    const socket = net.connect(server.address().port, '127.0.0.1')
    keep(closes(socket))
    return socket
  }

  async function connected(keep, server) {
    const socket = connecting(keep, server)
    await once(socket, 'connect')
    return socket
  }

  return {
    nothing: () => {},
    'a socket that is not connected': () => new net.Socket(),
    'a server that listens': ({ keep }) => listening(keep),
    'an unref server': async ({ keep }) => (await listening(keep)).unref(),
    'a server that was unref before it listens': ({ keep }) => {
      const server = net.createServer().unref().listen(0)
      keep(() => server.close())
    },
    'a server that is ref again': async ({ keep }) => (await listening(keep)).unref().ref(),
    'a closed server': async ({ keep }) => (await listening(keep)).close(),
    'a connected socket': async ({ keep }) => {
      const server = (await listening(keep, (socket) => socket.unref().resume())).unref()
      await connected(keep, server)
    },
    'unref sockets': async ({ keep }) => {
      const server = (await listening(keep, (socket) => socket.unref().resume())).unref()
      ;(await connected(keep, server)).unref()
    },
    'a socket that is paused before it reads': async ({ keep }) => {
      const server = (await listening(keep, (socket) => socket.unref().resume())).unref()
      connecting(keep, server).pause()
    },
    'an accepted socket': async ({ keep }) => {
      const server = (await listening(keep, (socket) => socket.resume())).unref()
      ;(await connected(keep, server)).unref()
    },
    'a lookup that never answers': ({ keep }) =>
      keep(closes(net.connect({ port: 1, host: 'x', lookup: () => {} }))),
    'what nobody reads': async ({ keep }) => {
      const server = (await listening(keep, (socket) => socket.end())).unref()
      const socket = await connected(keep, server)
      socket.on('end', () => socket.write('nobody reads this')).resume()
    },
  }
}

/** With servers of another process: `silent` reads, `ending` ends at once, `late` reads when `go` gets a connection. */
function remoteThings(net, { silent, ending, late, go }) {
  function connecting(keep, where, socket = new net.Socket()) {
    keep(closes(socket))
    return socket.connect(where).resume()
  }

  async function connected(keep, where) {
    const socket = connecting(keep, where)
    await once(socket, 'connect')
    return socket
  }

  return {
    'a socket to another process': ({ keep }) => connected(keep, silent),
    'an unref socket to another process': async ({ keep }) => (await connected(keep, silent)).unref(),
    'a socket that is ref again': async ({ keep }) => (await connected(keep, silent)).unref().ref(),
    'a socket that is unref before it is connected': ({ keep, log }) => {
      const socket = new net.Socket().unref()
      connecting(keep, silent, socket).on('connect', () => log('connected'))
    },
    'a socket that is unref and ref before it is connected': ({ keep }) => {
      const socket = new net.Socket().unref().ref()
      return once(connecting(keep, silent, socket), 'connect')
    },
    'a socket that is unref while it connects': ({ keep, log }) => {
      connecting(keep, silent)
        .on('connect', () => log('connected'))
        .unref()
    },
    'a socket that is paused when it reads already': async ({ keep }) =>
      (await connected(keep, silent)).pause(),
    'an ended socket that the other side keeps open': async ({ keep }) => {
      const socket = await connected(keep, silent)
      socket.end('bye')
      await once(socket, 'finish')
    },
    'an ended socket that closes': ({ keep, log }) => {
      connecting(keep, ending)
        .on('close', () => log('closed'))
        .end('bye')
    },
    'a destroyed socket': async ({ keep }) => (await connected(keep, silent)).destroy(),
    'an unref socket whose write waits': async ({ keep, log }) => {
      const socket = await connected(keep, late)
      socket.unref().write(Buffer.alloc(30_000_000), () => log('written'))
      // Only in a process that something else keeps alive.
      setTimeout(() => connecting(keep, go), 100).unref()
    },
    'a socket that was unref, and is connected again': async ({ keep }) => {
      const socket = (await connected(keep, ending)).unref()
      socket.ref()
      await once(socket, 'close')
      socket.connect(silent)
      await once(socket, 'connect')
    },
    'a socket that was closed, unref and connected again': async ({ keep, log }) => {
      const socket = await connected(keep, ending)
      await once(socket, 'close')
      socket
        .unref()
        .connect(silent)
        .once('connect', () => log('connected'))
    },
  }
}
