import { defaultLogger } from '@libp2p/logger'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import type { MessageStream, Stream, StreamMuxer, StreamMuxerFactory, Upgrader } from '@libp2p/interface'
import type { Peer, StreamEvents } from '../peer.js'
import { splitAddress } from './tcp-socket.js'

/** The differences between libp2p's multiplexers. */
export interface Libp2pMuxer {
  readonly name: string
  readonly windows: string
  readonly maxOpenStreams: number
  readonly factory: StreamMuxerFactory
}

/** One of libp2p's multiplexers on libp2p's own TCP transport, without its encryption and protocol selection. */
export function libp2pPeer({ name, windows, maxOpenStreams, factory }: Libp2pMuxer): Peer<Stream> {
  return {
    name,
    windows,
    maxOpenStreams,
    async listen(events) {
      const streams = new StreamListeners(events)
      const upgrader = upgraderOf((connection) => {
        const muxer = factory.createStreamMuxer(connection)
        muxer.addEventListener('stream', ({ detail: stream }) => {
          events.onStream(streams.attach(stream, false))
        })
        return muxer
      })
      const listener = transport().createListener({ upgrader })
      await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
      const [, , , , port] = String(listener.getAddrs()[0]).split('/')
      return `127.0.0.1:${port}`
    },
    async dial(address, events) {
      const streams = new StreamListeners(events)
      const { promise, upgrader } = upgradedMuxer(factory)
      const { host, port } = splitAddress(address)
      const signal = new AbortController().signal
      await transport().dial(multiaddr(`/ip4/${host}/tcp/${port}`), { upgrader, signal })
      const muxer = await promise
      return {
        open: async () => streams.attach(await muxer.createStream(), true),
        close: async () => {
          await muxer.close()
        },
      }
    },
    write: (stream, bytes) => stream.send(bytes),
    end: (stream) => void stream.close().catch(() => undefined),
  }
}

function transport(): ReturnType<ReturnType<typeof tcp>> {
  return tcp()({ logger: defaultLogger() })
}

function upgradedMuxer(factory: StreamMuxerFactory): { promise: Promise<StreamMuxer>; upgrader: Upgrader } {
  let upgraded!: (muxer: StreamMuxer) => void
  const promise = new Promise<StreamMuxer>((resolve) => (upgraded = resolve))
  const upgrader = upgraderOf((connection) => {
    const muxer = factory.createStreamMuxer(connection)
    upgraded(muxer)
    return muxer
  })
  return { promise, upgrader }
}

/** Puts the multiplexer directly on the socket, without libp2p's encryption and its choice of a multiplexer. */
function upgraderOf(onConnection: (connection: MessageStream) => StreamMuxer): Upgrader {
  const upgrade = (connection: MessageStream): Promise<StreamMuxer> =>
    Promise.resolve(onConnection(connection))
  return { upgradeInbound: upgrade, upgradeOutbound: upgrade } as unknown as Upgrader
}

/** Forwards the events of streams to `events`, with the same functions for all streams. */
class StreamListeners {
  readonly #events: StreamEvents<Stream>
  readonly #onMessage: (event: {
    data: Uint8Array | Iterable<Uint8Array>
    target: EventTarget | null
  }) => void
  readonly #onRemoteCloseWrite: (event: Event) => void
  readonly #onDrain: (event: Event) => void
  readonly #onClose: (event: { error?: Error }) => void

  constructor(events: StreamEvents<Stream>) {
    this.#events = events
    this.#onMessage = ({ data, target }) => this.#received(target as unknown as Stream, data)
    this.#onRemoteCloseWrite = ({ target }) => events.onEnd(target as unknown as Stream)
    this.#onDrain = ({ target }) => events.onWritable(target as unknown as Stream)
    this.#onClose = ({ error }) => {
      if (error !== undefined) events.onFailure(error)
    }
  }

  attach(stream: Stream, isWriter: boolean): Stream {
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.addEventListener('close', this.#onClose)
    if (isWriter) stream.addEventListener('drain', this.#onDrain)
    return stream
  }

  #received(stream: Stream, data: Uint8Array | Iterable<Uint8Array>): void {
    if (data instanceof Uint8Array) this.#events.onData(stream, data)
    else for (const chunk of data) this.#events.onData(stream, chunk)
  }
}
