import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import { systemClock } from '@astranet/interface'
import { duplexPair, type DuplexPairOptions } from '@astranet/interface/duplex-pair'
import { fromMessagePort } from '@astranet/interface/message-port'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { fromWebStreams } from '@astranet/interface/web-streams'
import { byteDuplexSuite, synchronousPair, type DuplexPair } from '@astranet/testkit'
import { rng, simLink } from '@astranet/testkit/sim'
import { describe, it } from 'vitest'

const runner = { describe, it }
const inMemory = { runner, security: { isPrivate: true, hasExporter: false } }
const unknown = { runner, security: { isPrivate: false, hasExporter: false } }

byteDuplexSuite({ name: 'node:net sockets', createPair: () => socketPair({}), ...inMemory })
byteDuplexSuite({
  name: 'node:net sockets without half-close',
  createPair: () => socketPair({ halfClose: false }),
  ...inMemory,
})
byteDuplexSuite({ name: 'node:stream duplexes', createPair: streamPair, ...unknown })
byteDuplexSuite({ name: 'a synchronous pair', createPair: () => synchronousPair(), ...inMemory })
byteDuplexSuite({
  name: 'a synchronous pair without half-close',
  createPair: () => synchronousPair({ halfClose: false }),
  ...inMemory,
})
byteDuplexSuite({ name: 'web streams', createPair: () => webPair(true), ...unknown })
byteDuplexSuite({ name: 'web streams without half-close', createPair: () => webPair(false), ...unknown })
byteDuplexSuite({ name: 'MessagePorts of worker_threads', createPair: nodePorts, ...inMemory })
byteDuplexSuite({ name: 'a plain pair', createPair: () => plainPair({}), ...inMemory })
byteDuplexSuite({
  name: 'a plain pair without half-close',
  createPair: () => plainPair({ halfClose: false }),
  ...inMemory,
})
byteDuplexSuite({
  name: 'a plain pair with a buffer of one byte',
  createPair: () => plainPair({ bufferBytes: 1 }),
  ...inMemory,
})
byteDuplexSuite({ name: 'a simulated link', createPair: () => simLink(systemClock), ...unknown })
byteDuplexSuite({
  name: 'a simulated link that splits',
  createPair: () => simLink(systemClock, { rng: rng(1), maxPieceBytes: 100_000 }),
  ...unknown,
})
byteDuplexSuite({
  name: 'a simulated link without half-close',
  createPair: () => simLink(systemClock, { halfClose: false }),
  ...unknown,
})

function plainPair(options: DuplexPairOptions): DuplexPair {
  const [a, b] = duplexPair(options)
  return { a, b }
}

function nodePorts(): DuplexPair {
  const { port1, port2 } = new MessageChannel()
  return { a: fromMessagePort(port1), b: fromMessagePort(port2) }
}

function socketPair(options: { halfClose?: boolean }): Promise<DuplexPair> {
  return new Promise((resolve, reject) => {
    const sockets: Socket[] = []
    const add = (socket: Socket): void => {
      sockets.push(socket)
      const [one, other] = sockets
      if (one !== undefined && other !== undefined) {
        resolve({ a: fromNodeDuplex(one, options), b: fromNodeDuplex(other, options) })
        server.close()
      }
    }
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, add)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => add(socket))
      socket.on('error', reject)
    })
  })
}

/** Two plain duplexes joined in memory: what one writes the other reads, with Node's own buffers as back-pressure. */
function streamPair(): DuplexPair {
  const a: JoinedDuplex = new JoinedDuplex(() => b)
  const b: JoinedDuplex = new JoinedDuplex(() => a)
  return { a: fromNodeDuplex(a), b: fromNodeDuplex(b) }
}

class JoinedDuplex extends Duplex {
  readonly #peer: () => JoinedDuplex
  #wanted: (() => void) | undefined

  constructor(peer: () => JoinedDuplex) {
    super()
    this.#peer = peer
  }

  override _read(): void {
    const wanted = this.#wanted
    this.#wanted = undefined
    wanted?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const peer = this.#peer()
    peer.#wanted = callback
    if (peer.push(Buffer.from(chunk))) peer._read()
  }

  override _final(callback: () => void): void {
    this.#peer().push(null)
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const peer = this.#peer()
    if (!peer.destroyed && !this.writableFinished) peer.destroy(new Error('the other end was destroyed'))
    callback(error)
  }
}

function webPair(halfClose: boolean): DuplexPair {
  const forth = new TransformStream<Uint8Array, Uint8Array>()
  const back = new TransformStream<Uint8Array, Uint8Array>()
  return {
    a: fromWebStreams({ readable: back.readable, writable: forth.writable }, { halfClose }),
    b: fromWebStreams({ readable: forth.readable, writable: back.writable }, { halfClose }),
  }
}
