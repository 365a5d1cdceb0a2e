import { expect, test } from 'vitest'
import { StreamDuplex, toDuplex } from '../src/duplex.js'
import type { Stream } from '../src/index.js'
import { sessionPair, turns } from './support/sessions.js'

/** A Duplex that gets its stream later, as a socket that connects does. */
class Connecting extends StreamDuplex {
  constructor() {
    super(undefined)
    this.on('error', () => {})
  }

  /** The first `earlyBytes` of what was written are on the stream; `onConnect` runs before the others are. */
  connected(stream: Stream, earlyBytes: number, onConnect = (): void => {}): void {
    this.attach(stream, earlyBytes)
    onConnect()
    this.streamReady()
    this.beginReading(undefined)
  }

  again(): void {
    this.renew()
  }
}

test('destroyed before its first write has left, it hands over everything in order, behind what left early', async () => {
  const { client, server } = await sessionPair()
  const duplex = new Connecting()
  const errors: unknown[] = []
  duplex.write('first ', (error) => errors.push(error))
  duplex.write('second')
  const stream = await client.openStream()
  stream.write(Buffer.from('fir'))
  duplex.connected(stream, 3, () => duplex.destroy())
  let received = ''
  const far = await server.accept()
  toDuplex(far).on('data', (chunk: Buffer) => void (received += chunk.toString()))
  await turns(10)
  expect([received, duplex.bytesWritten]).toEqual(['first second', 12])
  expect(errors).toEqual([null])
})

test('bytesWritten is right while a write waits behind the stop of the peer', async () => {
  const { client, server } = await sessionPair()
  const duplex = new Connecting()
  duplex.write('first')
  const stream = await client.openStream()
  stream.write(Buffer.from('fir'))
  duplex.on('data', () => {})
  const far = await server.accept()
  far.stopSending(0)
  while (stream.canWrite) await turns(1)
  duplex.connected(stream, 3)
  expect(duplex.bytesWritten).toBe(5)
  far.end()
  await turns(10)
  expect(duplex.bytesWritten).toBe(5)
  duplex.destroy()
})

test('one that is used again has nothing of a reset that its program has not read up to', async () => {
  const { client, server } = await sessionPair()
  const duplex = new Connecting()
  const closed = new Promise((resolve) => duplex.once('close', resolve))
  const stream = await client.openStream()
  duplex.connected(stream, 0)
  stream.write(Buffer.from('x'))
  const far = await server.accept()
  far.write(Buffer.from('last words'))
  far.resetAt(10, 7)
  while (duplex.readableLength < 10) await turns(1)
  await turns(5)
  duplex.destroy()
  await closed
  duplex.again()
  const next = await client.openStream()
  duplex.connected(next, 0)
  duplex.read()
  await turns(3)
  expect([duplex.destroyed, duplex.errored]).toEqual([false, null])
  duplex.destroy()
})

test('a reset that is still to be noticed when the Duplex is made anew does not reach it', async () => {
  const { client } = await sessionPair()
  const duplex = new Connecting()
  const stream = await client.openStream()
  duplex.connected(stream, 0)
  duplex.failed(new Error('reset'))
  duplex.destroy()
  duplex.again()
  await turns(3)
  expect([duplex.destroyed, duplex.errored]).toEqual([false, null])
})
