import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Session, type Stream, type StreamHandler } from '../../src/index.js'

/** Streams that are open at once. */
const CONCURRENT = 500

/** Streams before the first look at the heap: code is compiled and buffers have their size by then. */
const WARM_UP = 20_000

/** What the heap may differ by and still be the same, in bytes. */
export const NOISE_BYTES = 4 * 1024 * 1024

/** Memory after a collection, in bytes. */
export interface Memory {
  /** What JavaScript holds. */
  readonly heap: number
  /** What its buffers hold besides. */
  readonly buffers: number
}

/** What a soak has seen. */
export interface SoakResult {
  readonly streams: number
  readonly bytes: number
  readonly before: Memory
  readonly after: Memory
  readonly streamsPerSecond: number
}

/**
 * Opens and closes so many streams in one session over a socket, each with bytes both ways that are compared; a few are
 * reset, a few one way. Looks at the heap before and after.
 */
export async function soak(
  streams: number,
  onProgress: (done: number) => void = () => {},
): Promise<SoakResult> {
  const [near, far] = await socketPair()
  const server = new Session(far, { role: 'server', handler: { onStream: (stream) => stream.handle(echo) } })
  const client = new Session(near, { role: 'client' })
  const load = new Load(client, onProgress)
  await load.run(WARM_UP)
  const before = await settledMemory()
  const startedAt = performance.now()
  const bytesBefore = load.bytes
  await load.run(streams)
  const seconds = (performance.now() - startedAt) / 1_000
  const after = await settledMemory()
  const open = client.openStreams + server.openStreams
  if (open > 0) throw new Error(`${open} streams are open after all have closed`)
  client.close()
  const [reason] = await Promise.all([client.closed, server.closed])
  if (reason !== undefined) throw reason
  return {
    streams,
    bytes: load.bytes - bytesBefore,
    before,
    after,
    streamsPerSecond: Math.round(streams / seconds),
  }
}

/** Sends back what comes. */
const echo: StreamHandler = {
  onData(stream, chunk) {
    if (stream.canSend) stream.write(chunk.slice())
  },
  onEnd: (stream) => stream.end(),
  onReset: (stream) => stream.reset(1),
}

/** Streams of the client: as many open at once as {@link CONCURRENT}. */
class Load implements StreamHandler {
  /** Bytes that came back and were what had been sent. */
  bytes = 0
  readonly #session: Session
  readonly #onProgress: (done: number) => void
  readonly #payload = new Uint8Array(300).map((_, index) => index * 7)
  #left = 0
  #open = 0
  #done = 0
  #finish: (error?: Error) => void = () => {}

  constructor(session: Session, onProgress: (done: number) => void) {
    this.#session = session
    this.#onProgress = onProgress
  }

  async run(streams: number): Promise<void> {
    this.#left = streams
    this.#done = 0
    await new Promise<void>((resolve, reject) => {
      this.#finish = (error) => (error === undefined ? resolve() : reject(error))
      this.#openMore()
    })
    // The peer's side of the last streams.
    await this.#session.ping()
  }

  onData(stream: Stream, chunk: Uint8Array): void {
    const offset = stream.context as number
    const expected = this.#payload.subarray(offset, offset + chunk.length)
    if (Buffer.compare(chunk, expected) !== 0)
      this.#finish(new Error(`stream ${stream.id}: wrong bytes came back`))
    stream.context = offset + chunk.length
    this.bytes += chunk.length
    if (isGivenUp(stream)) stream.destroy(1)
  }

  onEnd(stream: Stream): void {
    const wanted = lengthOf(stream)
    if (stream.context !== wanted)
      this.#finish(new Error(`stream ${stream.id}: ${wanted} bytes were to come back`))
  }

  onClose(): void {
    this.#open -= 1
    this.#done += 1
    this.#onProgress(this.#done)
    if (this.#left > 0) this.#openMore()
    else if (this.#open === 0) this.#finish()
  }

  #openMore(): void {
    while (this.#open < CONCURRENT && this.#left > 0) {
      const stream = this.#session.tryOpenStream({ isUnidirectional: this.#left % 16 === 1 })
      // The next one that closes tries again.
      if (stream === undefined && this.#open > 0) return
      if (stream === undefined) {
        this.#wait()
        return
      }
      this.#left -= 1
      this.#open += 1
      this.#use(stream)
    }
  }

  #wait(): void {
    this.#session.openStream().then(
      (stream) => {
        this.#left -= 1
        this.#open += 1
        this.#use(stream)
        this.#openMore()
      },
      (error: unknown) => this.#finish(error as Error),
    )
  }

  #use(stream: Stream): void {
    stream.context = 0
    stream.handle(this)
    stream.write(this.#payload.subarray(0, lengthOf(stream)))
    // Those to be given up stay open until something has come back: rapid resets are rationed.
    if (!isGivenUp(stream)) stream.end()
  }
}

/** Whether a stream is reset and not ended. */
function isGivenUp(stream: Stream): boolean {
  return stream.id % 64 === 60
}

/** How many bytes a stream sends. */
function lengthOf(stream: Stream): number {
  return 1 + (stream.id % 299)
}

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  server.close()
  return [near, far]
}

async function settledMemory(): Promise<Memory> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    // What sockets and promises still hold is let go in turns of their own.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heap: heapUsed, buffers: arrayBuffers }
}
