// One side of a measurement, in a process of its own: does what the test asks over IPC. Uses the built package, as its
// users do. What it can do is described in peer-process.ts.
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import { DEFAULT_TRANSPORT_PARAMETERS, writeTransportParameters } from '@astranet/frame'
import { Session } from '@astranet/mux'
import { toDuplex } from '@astranet/mux/duplex'

const PIECE = Buffer.alloc(65_536)

/** Bytes received, by stream. */
const received = []
const connections = []

const calls = {
  async listen({ mode, limits }) {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      take(socket, { mode, limits }),
    )
    await new Promise((resolve) => server.listen(0, '0.0.0.0', resolve))
    return { port: server.address().port }
  },

  async dial({ mode, limits, host, port }) {
    const socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return { connection: take(socket, { mode, limits, isDialer: true }) }
  },

  async pour({ connection, streams, shape }) {
    const { socket, session } = connections[connection]
    if (shape === 'raw') return pourNode(socket)
    for (let i = 0; i < streams; i++) {
      const stream = await session.openStream()
      if (shape === 'light') pourLight(stream)
      else pourNode(toDuplex(stream))
    }
    return {}
  },

  async measure({ ms }) {
    const before = [...received]
    const start = performance.now()
    await wait(ms)
    const elapsedMs = performance.now() - start
    return { bytes: received.map((bytes, i) => bytes - (before[i] ?? 0)), elapsedMs }
  },

  async exchange({ connection, bytes }) {
    const stream = await connections[connection].session.openStream()
    return new Promise((resolve, reject) => {
      let back = 0
      stream.handle({
        onData: (_stream, chunk) => void (back += chunk.length),
        onEnd: () =>
          back === bytes ? resolve({}) : reject(new Error(`${back} of ${bytes} bytes came back`)),
        onClose: (_stream, error) => error !== undefined && reject(error),
      })
      stream.write(Buffer.alloc(bytes, 1))
      stream.end()
    })
  },

  async drip({ host, port, intervalMs }) {
    const socket = net.connect({ host, port, noDelay: true })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const start = performance.now()
    // A good first frame, and padding behind it.
    const record = Buffer.alloc(16_004)
    record.writeUInt32BE(0x8000_0000 + 16_000)
    writeTransportParameters(record, 4, DEFAULT_TRANSPORT_PARAMETERS)
    let sentBytes = 0
    const timer = setInterval(() => socket.write(record.subarray(sentBytes, ++sentBytes)), intervalMs)
    socket.on('error', () => {}).resume()
    await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
    clearInterval(timer)
    return { sentBytes, elapsedMs: performance.now() - start }
  },

  sessions: () => connections.map(({ isClosing, over }) => ({ isClosing, over })),

  over: ({ connection }) => connections[connection].whenOver,

  wait: async ({ ms }) => (await wait(ms), {}),
}

function take(socket, { mode, limits, isDialer = false }) {
  const entry = { socket, session: undefined, isClosing: false, over: undefined }
  connections.push(entry)
  if (mode === 'raw') countNode(socket.on('error', () => {}))
  else {
    entry.whenOver = new Promise((resolve) => {
      const handler = {
        onStream: serve,
        onClosing: (reason) => {
          entry.isClosing = true
          entry.over = { code: reason?.code ?? '', message: reason?.message ?? '', atMs: Date.now() }
          resolve(entry.over)
        },
      }
      entry.session = new Session(socket, { ...limits, role: isDialer ? 'client' : 'server', handler })
    })
  }
  return connections.length - 1
}

/** Counts what arrives, and sends it back once the peer has ended. */
function serve(stream) {
  const slot = received.push(0) - 1
  stream.handle({
    onData: (_stream, chunk) => void (received[slot] += chunk.length),
    onEnd: () => {
      stream.write(Buffer.alloc(received[slot], 1))
      stream.end()
    },
  })
}

function countNode(readable) {
  const slot = received.push(0) - 1
  readable.on('data', (chunk) => void (received[slot] += chunk.length))
}

function pourLight(stream) {
  const write = () => {
    while (stream.write(PIECE));
  }
  stream.handle({ onData() {}, onEnd() {}, onWritable: write })
  write()
}

function pourNode(writable) {
  const write = () => {
    while (writable.write(PIECE));
  }
  writable.on('drain', write).on('error', () => {})
  write()
  return {}
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

process.on('message', async ({ id, name, argument }) => {
  try {
    process.send({ id, result: await calls[name](argument) })
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) })
  }
})
// The test ended, one way or another.
process.on('disconnect', () => process.exit())
