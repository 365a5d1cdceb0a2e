import { createServer } from 'node:http'
import Session, { selectSubprotocol, type Config } from '@moq/qmux'
import { WebSocket, WebSocketServer } from 'ws'
import { MEBIBYTE, type Peer, type StreamEvents } from '../peer.js'
import { listeningAddress } from './tcp-socket.js'

/** `@moq/qmux`: another implementation of QMux, as WebTransport over WebSocket. */
export const moqQmux: Peer<MoqStream> = {
  name: 'moq-qmux',
  windows: '16 MiB a stream, 32 MiB in all',
  maxOpenStreams: 100_000,
  async listen(events) {
    const server = createServer()
    const handleProtocols = (offered: Set<string>): string | false => selectSubprotocol([...offered]) ?? false
    const sockets = new WebSocketServer({ server, handleProtocols, perMessageDeflate: false })
    sockets.on('connection', (socket) => {
      socket.binaryType = 'arraybuffer'
      const session = Session.accept(adoptable(socket), { config: CONFIG })
      void accept(session, events).catch((error: Error) => events.onFailure(error))
    })
    return await listeningAddress(server)
  },
  async dial(address, events) {
    const socket = new WebSocket(`ws://${address}`, [PROTOCOL], { perMessageDeflate: false })
    socket.binaryType = 'arraybuffer'
    // Before the WebSocket is open, so that the first message has a listener.
    const session = new Session(adoptable(socket), { config: CONFIG })
    session.closed.catch((error: Error) => events.onFailure(error))
    await session.ready
    return {
      open: async () => new MoqStream(await session.createBidirectionalStream(), events),
      close: () => session.close(),
    }
  },
  write: (stream, bytes) => stream.write(bytes),
  end: (stream) => stream.end(),
}

const PROTOCOL = 'qmux-02'
const MANY = 2n ** 32n
const STREAM_WINDOW = BigInt(16 * MEBIBYTE)
const CONFIG: Config = {
  maxStreamsBidi: MANY,
  maxData: 2n * STREAM_WINDOW,
  maxStreamDataBidiLocal: STREAM_WINDOW,
  maxStreamDataBidiRemote: STREAM_WINDOW,
  maxIdleTimeout: 0n,
}

/** Web Streams behind calls: each stream needs a loop that reads, and a wait until it is writable. */
class MoqStream {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #events: StreamEvents<MoqStream>

  constructor(stream: WebTransportBidirectionalStream, events: StreamEvents<MoqStream>) {
    this.#writer = (stream.writable as WritableStream<Uint8Array>).getWriter()
    this.#events = events
    const reader = (stream.readable as ReadableStream<Uint8Array>).getReader()
    void this.#read(reader).catch((error: Error) => events.onFailure(error))
  }

  write(bytes: Uint8Array): boolean {
    const writer = this.#writer
    writer.write(bytes).catch((error: Error) => this.#events.onFailure(error))
    if ((writer.desiredSize ?? 0) > 0) return true
    writer.ready.then(
      () => this.#events.onWritable(this),
      () => undefined,
    )
    return false
  }

  end(): void {
    this.#writer.close().catch((error: Error) => this.#events.onFailure(error))
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return this.#events.onEnd(this)
      this.#events.onData(this, value)
    }
  }
}

async function accept(session: Session, events: StreamEvents<MoqStream>): Promise<void> {
  const reader = session.incomingBidirectionalStreams.getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    events.onStream(new MoqStream(value, events))
  }
}

/** The library needs `Promise.withResolvers`, which Node 20 lacks. */
if (!('withResolvers' in Promise)) Object.assign(Promise, { withResolvers })

function withResolvers(): object {
  let functions = {}
  const promise = new Promise((resolve, reject) => (functions = { resolve, reject }))
  return { promise, ...functions }
}

/** The handler types of `ws` are narrower than a function for any WebSocket needs. */
function adoptable(socket: WebSocket): Parameters<typeof Session.accept>[0] {
  return socket as unknown as Parameters<typeof Session.accept>[0]
}
