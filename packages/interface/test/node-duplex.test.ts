import type { Socket } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { fromNodeDuplex, type NodeDuplex } from '@astranet/interface/node-duplex'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { recorder } from './recorder.js'

/** Takes writes, and finishes each when told. Like a socket it does not keep what it has written. */
function heldDuplex() {
  const held: (() => void)[] = []
  const seen: number[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, callback) => {
      seen.push(chunk.length)
      held.push(callback)
    },
    writev: (chunks, callback) => {
      seen.push(...chunks.map(({ chunk }) => (chunk as Buffer).length))
      held.push(callback)
    },
  })
  const socketLike = Object.assign(duplex, { resetAndDestroy: () => duplex.destroy() })
  return { duplex: socketLike, held, seen }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('fromNodeDuplex', () => {
  it('takes every kind of Node duplex', () => {
    expectTypeOf<Socket>().toExtend<NodeDuplex>()
    expectTypeOf<TLSSocket>().toExtend<NodeDuplex>()
    expectTypeOf<Duplex>().toExtend<NodeDuplex>()
    expectTypeOf<PassThrough>().toExtend<NodeDuplex>()
  })

  it('returns true when the stream took every byte in the same turn', () => {
    const pipe = fromNodeDuplex(
      new Duplex({ read: () => undefined, write: (_chunk, _encoding, callback) => callback() }),
    )
    expect(pipe.writev([new Uint8Array(10), new Uint8Array(1 << 20)])).toBe(true)
    expect(pipe.bufferedBytes).toBe(0)
  })

  it('gives the system all chunks of one writev at once, and calls onDrain when they are written', async () => {
    const { duplex, held, seen } = heldDuplex()
    const pipe = fromNodeDuplex(duplex)
    const events = recorder(pipe)
    expect(pipe.writev([new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)])).toBe(false)
    expect(seen).toEqual([1, 2, 3])
    expect(held).toHaveLength(1)
    expect(pipe.bufferedBytes).toBe(6)
    await turn()
    expect(events).toEqual([])
    held[0]?.()
    await turn()
    expect(events).toEqual(['drain'])
    expect(pipe.bufferedBytes).toBe(0)
  })

  it('gives a stream that is no socket a copy, since it may hand on the very bytes', async () => {
    const through = new PassThrough()
    const pipe = fromNodeDuplex(through)
    const received: number[] = []
    recorder(pipe, (chunk) => received.push(...chunk))
    const bytes = Uint8Array.of(1, 2, 3)
    through.pause()
    pipe.writev([bytes.subarray(0, 1), bytes.subarray(1)])
    bytes.fill(9)
    pipe.resume()
    await turn()
    expect(received).toEqual([1, 2, 3])
  })

  it('calls onDrain for each writev that was held back, once everything is written', async () => {
    const { duplex, held } = heldDuplex()
    const pipe = fromNodeDuplex(duplex)
    const events = recorder(pipe)
    expect([pipe.writev([new Uint8Array(1)]), pipe.writev([new Uint8Array(2)])]).toEqual([false, false])
    held[0]?.()
    await turn()
    expect(events).toEqual([])
    held[1]?.()
    await turn()
    expect(events).toEqual(['drain', 'drain'])
  })

  it('passes chunks on without copying them', async () => {
    const duplex = new Duplex({ read: () => undefined, write: (_chunk, _encoding, callback) => callback() })
    const chunks: Uint8Array[] = []
    recorder(fromNodeDuplex(duplex), (chunk) => chunks.push(chunk))
    const sent = Buffer.from('bytes')
    duplex.push(sent)
    await turn()
    expect(chunks[0]).toBe(sent)
  })

  it('gives onClose the error of the stream', async () => {
    const duplex = new PassThrough()
    const events = recorder(fromNodeDuplex(duplex))
    duplex.destroy(new Error('broken'))
    await turn()
    expect(events).toEqual(['close broken'])
  })

  it('takes a stream that is destroyed before both ends for a broken one', async () => {
    const duplex = new PassThrough()
    const events = recorder(fromNodeDuplex(duplex))
    duplex.destroy()
    await turn()
    expect(events).toEqual(['close The connection was closed before both directions had ended.'])
  })

  it('tells the close of a stream that was closed before, in a later turn', async () => {
    const duplex = new PassThrough()
    duplex.destroy()
    await turn()
    const events = recorder(fromNodeDuplex(duplex))
    expect(events).toEqual([])
    await turn()
    expect(events).toHaveLength(1)
  })

  it('does not call onDrain for writes that a destroyed stream never made', async () => {
    const { duplex } = heldDuplex()
    const pipe = fromNodeDuplex(duplex)
    const events = recorder(pipe)
    pipe.writev([new Uint8Array(1)])
    pipe.writev([new Uint8Array(1)])
    duplex.destroy()
    await turn()
    expect(events).toEqual(['close The connection was closed before both directions had ended.'])
  })

  it('has half-close when the stream stays open after an end, unless told otherwise', () => {
    expect(fromNodeDuplex(new PassThrough()).capabilities.halfClose).toBe(true)
    expect(fromNodeDuplex(new PassThrough({ allowHalfOpen: false })).capabilities.halfClose).toBe(false)
    expect(fromNodeDuplex(new PassThrough(), { halfClose: false }).capabilities.halfClose).toBe(false)
  })

  it('has the addresses it is given', () => {
    const pipe = fromNodeDuplex(new PassThrough(), { localAddress: 'here:1', remoteAddress: 'there:2' })
    expect([pipe.localAddress, pipe.remoteAddress]).toEqual(['here:1', 'there:2'])
    expect(fromNodeDuplex(new PassThrough()).localAddress).toBe('')
  })

  it('refuses what is not a duplex of bytes, naming the argument', () => {
    const bad = [
      undefined,
      {},
      new PassThrough({ objectMode: true }),
      new PassThrough({ readableObjectMode: true }),
    ]
    for (const duplex of [...bad, new PassThrough({ encoding: 'utf8' })]) {
      expect(() => fromNodeDuplex(duplex as NodeDuplex)).toThrow(
        /^The ("duplex" argument|argument 'duplex') must/,
      )
      expect(() => fromNodeDuplex(duplex as NodeDuplex)).toThrow(TypeError)
    }
  })
})
