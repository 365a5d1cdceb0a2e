import { createServer, connect, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { systemClock, type Clock } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LinkOptions } from '@astranet/link'
import { otherVersion } from './support/raw-peer.js'
import { bytes, Dials, Reader, Side } from './support/side.js'

const servers: Server[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket)
    onSocket(socket)
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function dialSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

let options: Partial<LinkOptions> = {}

function sideOf(socket: Socket, id: bigint, role: 'dialer' | 'acceptor'): Side {
  const remoteAddress = `${socket.remoteAddress}:${socket.remotePort}`
  return new Side(fromNodeDuplex(socket, { remoteAddress }), { id, role, ...options })
}

/** No deadline helps. */
const withoutTimers: Clock = { ...systemClock, setTimer: () => ({ cancel: () => undefined }) }

function opened(side: Side): Promise<void> {
  return new Promise((resolve) => (side.onOpen = resolve))
}

function closed(side: Side): Promise<void> {
  return new Promise((resolve) => (side.onClose = resolve))
}

async function openPair(): Promise<[Side, Side]> {
  let accepted!: (side: Side) => void
  const acceptedSide = new Promise<Side>((resolve) => (accepted = resolve))
  const port = await listen((socket) => {
    const side = sideOf(socket, 2n, 'acceptor')
    accepted(side)
    side.link.start()
  })
  const left = sideOf(await dialSocket(port), 1n, 'dialer')
  const isOpen = opened(left)
  left.link.start()
  const right = await acceptedSide
  await isOpen
  return [left, right]
}

const networks: [string, Partial<LinkOptions>, string][] = [
  ['in the clear, because both ends are loopback addresses', {}, 'private'],
  ['encrypted', { encryption: 'always' }, 'encrypted'],
  ['encrypted, with a secret', { encryption: 'always', psk: new Uint8Array(32).fill(7) }, 'encrypted'],
]

/** A program that forwards what it gets at a port of its own to `target`, as socat does. */
async function forwarder(target: number, host = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    sockets.push(near, far)
    near.on('error', () => far.destroy()).pipe(far)
    far.on('error', () => near.destroy()).pipe(near)
  })
  servers.push(server)
  await once(server.listen(port, host), 'listening')
  return (server.address() as AddressInfo).port
}

/** What both ends say of a link that was dialed at `address`, which leads to the listener's port. */
async function securityVia(
  address: (port: number) => Promise<{ port: number; host: string }>,
): Promise<unknown[]> {
  options = {}
  let accepted!: (side: Side) => void
  const acceptedSide = new Promise<Side>((resolve) => (accepted = resolve))
  const port = await listen((socket) => {
    const side = sideOf(socket, 2n, 'acceptor')
    side.onOpen = () => accepted(side)
    side.link.start()
  })
  const socket = connect({ ...(await address(port)), allowHalfOpen: true, noDelay: true })
  sockets.push(socket)
  await once(socket, 'connect')
  const left = sideOf(socket, 1n, 'dialer')
  const isOpen = opened(left)
  left.link.start()
  const right = await acceptedSide
  await isOpen
  return [left, right].map(({ link }) => link.remote?.security)
}

describe('a pipe that both ends see on loopback', () => {
  it('is private when it is one connection, whatever the form of its addresses', async () => {
    expect(await securityVia(async (port) => ({ port, host: '127.0.0.1' }))).toEqual(['private', 'private'])
    expect(await securityVia(async (port) => ({ port, host: '::ffff:127.0.0.1' }))).toEqual([
      'private',
      'private',
    ])
  })

  it('is encrypted when a program in between forwards it', async () => {
    const via = async (port: number): Promise<{ port: number; host: string }> => ({
      port: await forwarder(port),
      host: '127.0.0.1',
    })
    expect(await securityVia(via)).toEqual(['encrypted', 'encrypted'])
  })

  it.skipIf(process.platform === 'darwin')(
    'is encrypted when that program has the same port at another loopback address (macOS has no other: skipped)',
    async () => {
      const via = async (port: number): Promise<{ port: number; host: string }> => ({
        port: await forwarder(port, '127.0.0.2', port),
        host: '127.0.0.2',
      })
      expect(await securityVia(via)).toEqual(['encrypted', 'encrypted'])
    },
  )
})

describe.each(networks)('over TCP, %s', (_, network, security) => {
  beforeAll(() => {
    options = network
  })

  it('two links open, carry ten thousand streams at once, and close cleanly', async () => {
    const [left, right] = await openPair()
    const count = 10_000
    expect([left, right].map(({ link }) => link.remote?.security)).toEqual([security, security])
    expect(right.link.peer?.observedAddress).toMatch(/^127\.0\.0\.1:\d+$/)
    right.onStream = ({ stream, rest }) => {
      right.link.accept(stream)
      stream.write(bytes(rest))
      stream.end()
      stream.handle(new Reader())
    }
    const dials = new Dials()
    const isDone = new Promise<void>((resolve) => {
      dials.onSettled = () => {
        if (dials.accepted.length + dials.failed.length === count) resolve()
      }
    })
    for (let index = 0; index < count; index++) {
      const dial = left.link.dial({ kind: 'dial', port: index, sourcePort: 0 }, dials, index)
      dial.stream?.write(bytes(String(index)))
    }
    await isDone
    expect(dials.failed).toEqual([])
    expect(new Set(right.incoming.map(({ header }) => header.kind === 'dial' && header.port)).size).toBe(
      count,
    )
    for (const { stream } of dials.accepted) stream.end()
    const ends = [closed(left), closed(right)]
    await left.link.ping()
    left.link.close()
    await Promise.all(ends)
    expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
  })

  it('a web browser that comes by is cut off, and other links are not disturbed', async () => {
    const [left, right] = await openPair()
    let report!: (side: Side) => void
    const side = new Promise<Side>((resolve) => (report = resolve))
    const port = await listen((socket) => {
      const accepted = sideOf(socket, 3n, 'acceptor')
      accepted.onClose = () => report(accepted)
      accepted.link.start()
    })
    const browser = await dialSocket(port)
    const gone = new Promise<void>((resolve) => browser.on('close', () => resolve()))
    browser.on('error', () => undefined).resume()
    browser.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await side).closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_FOREIGN' }])
    await gone
    await left.link.ping()
    expect([left.link.isOpen, right.link.isOpen]).toEqual([true, true])
  })

  it('a peer of another version that never closes is held only until its link is closed', async () => {
    let report!: (side: Side) => void
    const side = new Promise<Side>((resolve) => (report = resolve))
    const port = await listen((socket) => {
      const accepted = new Side(fromNodeDuplex(socket), {
        id: 3n,
        role: 'acceptor',
        clock: withoutTimers,
        ...options,
      })
      accepted.link.start()
      report(accepted)
    })
    const otherSocket = await dialSocket(port)
    const hasEnded = once(otherSocket.resume(), 'end')
    const isGone = new Promise<void>((resolve) =>
      otherSocket.on('error', () => undefined).on('close', resolve),
    )
    otherSocket.write(otherVersion)
    const { link, closes } = await side
    await hasEnded
    expect([link.state, closes]).toEqual(['closing', []])
    const isClosed = closed(await side)
    link.close()
    await isClosed
    expect(closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
    otherSocket.end()
    await isGone
    expect(sockets.every((socket) => socket.destroyed)).toBe(true)
  })

  it('a broken connection ends both links with an error, and the pending dials', async () => {
    const [left, right] = await openPair()
    const dials = new Dials()
    const failed = new Promise<void>((resolve) => (dials.onSettled = resolve))
    left.link.dial({ kind: 'dial', port: 1, sourcePort: 2 }, dials)
    await left.link.ping()
    const ends = [closed(left), closed(right)]
    right.link.destroy(new Error('power cut'))
    await Promise.all([...ends, failed])
    expect(dials.failed).toMatchObject([{ code: 'ECONNRESET' }])
    expect(right.closes).toMatchObject([{ message: 'power cut' }])
    expect(left.closes[0]).toBeInstanceOf(Error)
  })

  it('draining ends both links cleanly', async () => {
    const [left, right] = await openPair()
    const ends = [closed(left), closed(right)]
    await left.link.drain()
    await Promise.all(ends)
    expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
  })
})
