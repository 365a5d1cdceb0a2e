import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { afterEach, describe, expect, test } from 'vitest'

/** There the system writes into memory later than it is asked to. */
const isLending = process.platform !== 'win32'

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** A connection over TCP: the socket that was dialed, and the one that was accepted. */
async function connection(): Promise<{ dialed: Socket; accepted: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dialed = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(dialed, 'connect')])) as [
    [Socket],
    unknown,
  ]
  server.close()
  sockets.push(dialed, accepted)
  return { dialed, accepted }
}

/** Receives, and answers each chunk with one byte, so that the next one is another read. */
class Reader implements ByteDuplexHandler {
  returnsChunks = true
  readonly chunks: Uint8Array[] = []
  readonly copies: Uint8Array[] = []
  hasEnded = false
  readonly #waiting: (() => void)[] = []
  readonly #pipe: ByteDuplex

  constructor(pipe: ByteDuplex) {
    this.#pipe = pipe
    pipe.handle(this)
  }

  onData(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.copies.push(Uint8Array.prototype.slice.call(chunk))
    this.#pipe.writev([Uint8Array.of(1)])
    for (const check of this.#waiting.splice(0)) check()
  }

  onDrain(): void {}

  onEnd(): void {
    this.hasEnded = true
    for (const check of this.#waiting.splice(0)) check()
  }

  onClose(): void {}

  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

/** Writes `count` chunks to the reader, each once the one before was answered. */
async function exchange(writer: Socket, count: number): Promise<void> {
  writer.resume()
  for (let index = 0; index < count; index++) {
    writer.write(Buffer.alloc(100, index))
    await once(writer, 'data')
  }
}

for (const side of ['dialed', 'accepted'] as const) {
  describe(`a socket that was ${side}`, () => {
    test.runIf(isLending)('reads into one place for a handler that returns its chunks', async () => {
      const { [side]: socket, ...others } = await connection()
      const [writer] = Object.values(others) as [Socket]
      const reader = new Reader(fromNodeDuplex(socket))
      await exchange(writer, 5)
      expect(reader.copies.map((copy) => copy[0])).toEqual([0, 1, 2, 3, 4])
      const [, second, third] = reader.chunks
      expect(second?.buffer).toBe(third?.buffer)
    })

    test('gives memory of its own to a handler that keeps its chunks', async () => {
      const { [side]: socket, ...others } = await connection()
      const [writer] = Object.values(others) as [Socket]
      const reader = new Reader(fromNodeDuplex(socket))
      await exchange(writer, 3)
      reader.returnsChunks = false
      await exchange(writer, 3)
      const kept = reader.chunks.slice(3)
      reader.returnsChunks = true
      await exchange(writer, 3)
      expect(kept.map((chunk) => [chunk.length, chunk[0], chunk[99]])).toEqual([
        [100, 0, 0],
        [100, 1, 1],
        [100, 2, 2],
      ])
    })

    test('pauses, resumes and ends while it lends', async () => {
      const { [side]: socket, ...others } = await connection()
      const [writer] = Object.values(others) as [Socket]
      const pipe = fromNodeDuplex(socket)
      const reader = new Reader(pipe)
      await exchange(writer, 3)
      pipe.pause()
      const sent = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251))
      writer.end(sent)
      // Another connection reads meanwhile, into the same memory.
      const other = await connection()
      void new Reader(fromNodeDuplex(other.accepted))
      await exchange(other.dialed, 3)
      expect(reader.chunks).toHaveLength(3)
      pipe.resume()
      await reader.until(() => reader.hasEnded)
      expect(Buffer.concat(reader.copies.slice(3)).equals(sent)).toBe(true)
    })
  })
}

test('two sockets that read by turns get their own bytes', async () => {
  const pairs = await Promise.all([connection(), connection()])
  const readers = pairs.map(({ accepted }) => new Reader(fromNodeDuplex(accepted)))
  const sent = Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => index % 241))
  for (const { dialed } of pairs) dialed.resume().end(sent)
  await Promise.all(readers.map((reader) => reader.until(() => reader.hasEnded)))
  for (const { copies } of readers) expect(Buffer.concat(copies).equals(sent)).toBe(true)
})
