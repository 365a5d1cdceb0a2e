// The receiving side in a process of its own, so that its memory is the session's and the application's alone. Uses the
// built package, as its users do. Tells its port, takes one connection, and answers each 'measure' with its memory.
import net from 'node:net'
import { Session } from '@astranet/mux'
import { toDuplex } from '@astranet/mux/duplex'

/** Streams that require this window before anyone stops reading, and how much. */
const LARGE_STREAMS = 4
const LARGE_WINDOW_BYTES = 8 * 1_048_576

const [mode] = process.argv.slice(2)
const kept = []
const waiting = []
let accepted = 0
let core

/** What the application does with a stream, by mode. */
const modes = {
  // Nobody reads; four streams may fill windows of many MiB.
  stopped(stream) {
    if (accepted <= LARGE_STREAMS) stream.requireAtLeast(LARGE_WINDOW_BYTES)
  },
  // The first stream is read and dropped. Of all others one byte of each chunk is kept, and the rest of it with that byte.
  duplex(stream) {
    const duplex = toDuplex(stream)
    if (accepted === 1) duplex.resume()
    else duplex.on('readable', () => keepFirst(duplex.read()))
  },
  light(stream) {
    if (accepted === 1) stream.handle({ onData: readWaiting, onEnd() {} })
    else waiting.push(stream)
  },
  // The first stream is read, by which the session's window grows; nobody reads the others.
  unread(stream) {
    if (accepted === 1) drop(stream)
  },
}

/** Reads the light streams on which something has arrived meanwhile. */
function readWaiting() {
  while (waiting.length > 0 && waiting[0].unreadBytes > 0) {
    waiting.shift().handle({ onData: (_, chunk) => keepFirst(chunk), onEnd() {} })
  }
}

function keepFirst(chunk) {
  if (chunk !== null) kept.push(chunk.subarray(0, 1))
}

function drop(stream) {
  stream.handle({ onData() {}, onEnd() {} })
}

const server = net.createServer((socket) => {
  server.close()
  new Session(socket, {
    role: 'server',
    maxReceiveBufferBytes: 64 * 1_048_576,
    unreadGraceMs: 2 ** 31 - 1,
    handler: {
      onStream(stream) {
        accepted += 1
        core = stream.host
        modes[mode](stream)
      },
      onClose: () => process.exit(),
    },
  })
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', () => {
  gc()
  process.send({
    rss: process.memoryUsage().rss,
    accepted,
    kept: kept.length,
    held: core?.receiveWindow.unreadBytes ?? 0,
    received: core?.receiveWindow.received ?? 0,
  })
})
