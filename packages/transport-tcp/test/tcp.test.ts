import { createServer, type AddressInfo, type LookupFunction } from 'node:net'
import type { Connection } from '@astranet/interface'
import { Probe } from '@astranet/testkit'
import { tcp } from '@astranet/transport-tcp'
import { describe, expect, it } from 'vitest'

/** Resolves every name to `addresses`, as a hosts file would. */
function lookupOf(...addresses: { address: string; family: number }[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) return callback(null, addresses)
    const found = addresses.find(({ family }) => !options.family || family === options.family)
    if (found === undefined) callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '')
    else callback(null, found.address, found.family)
  }
}

const bothFamilies = lookupOf({ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 })

describe('tcp', () => {
  it('dials the family that answers when a name has both', async () => {
    const transport = tcp({ lookup: bothFamilies })
    const accepted: Connection[] = []
    const listener = await tcp().listen('tcp4', '127.0.0.1:0', {
      onConnection: (end) => void accepted.push(end),
    })
    const connection = await transport.dial('tcp', listener.address.replace('127.0.0.1', 'both.example'))
    expect(connection.remoteAddress).toBe(listener.address)
    const probe = Probe.on(connection)
    connection.abort(new Error('done'))
    await probe.closed()
    for (const end of accepted) end.abort(new Error('done'))
    await listener.close()
  })

  it('says what failed at each address when none answers', async () => {
    const { address, close } = await freePort()
    await close()
    const dialing = tcp({ lookup: bothFamilies }).dial('tcp', `both.example:${address.port}`)
    await expect(dialing).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/both\.example.*::1.*127\.0\.0\.1/s),
    })
  })

  it.each([
    ['tcp4', '127.0.0.1'],
    ['tcp6', '[::1]'],
  ])('on %s listens on and dials the family of a name with both', async (network, host) => {
    const transport = tcp({ lookup: bothFamilies })
    const listener = await transport.listen(network, 'both.example:0', {
      onConnection: (end) => end.abort(new Error('no')),
    })
    expect(listener.address).toMatch(
      new RegExp(`^${host.replaceAll('[', '\\[')}:\\d+$`.replaceAll(']', '\\]')),
    )
    const connection = await transport.dial(network, listener.address.replace(host, 'both.example'))
    expect(connection.remoteAddress).toBe(listener.address)
    await Probe.on(connection).closed()
    await listener.close()
  })

  it('passes on the error of a name that does not exist', async () => {
    const transport = tcp({ lookup: lookupOf() })
    await expect(transport.dial('tcp4', 'nobody.example:1')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    const listening = transport.listen('tcp4', 'nobody.example:0', { onConnection: () => undefined })
    await expect(listening).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it.each([
    ['tcp', /^(\[::\]|0\.0\.0\.0):\d+$/],
    ['tcp4', /^0\.0\.0\.0:\d+$/],
    ['tcp6', /^\[::\]:\d+$/],
  ])('on %s listens on all interfaces without a host, and dials this machine', async (network, shape) => {
    const transport = tcp()
    const listener = await transport.listen(network, ':0', {
      onConnection: (end) => end.abort(new Error('no')),
    })
    expect(listener.address).toMatch(shape)
    const connection = await transport.dial(network, listener.address.replace(/^.*:/, ':'))
    await Probe.on(connection).closed()
    await listener.close()
  })

  it('does not dial port 0', async () => {
    await expect(tcp().dial('tcp', 'localhost:0')).rejects.toThrow(RangeError)
  })

  it('shows the peer of an abort a reset, even after bytes that were never read', async () => {
    const { address, close, next } = await freePort()
    const connection = await tcp().dial('tcp4', `127.0.0.1:${address.port}`)
    const socket = await next
    connection.handle(new Probe(connection))
    connection.writev([new Uint8Array(1 << 20)])
    connection.abort(new Error('enough'))
    const error = await new Promise((resolve) => socket.once('error', resolve).resume())
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    await close()
  })

  it('names an option that is out of range', () => {
    expect(() => tcp({ keepAliveDelayMs: 10 })).toThrow(/keepAliveDelayMs/)
  })

  it('names a listener option that is missing', async () => {
    const listening = tcp().listen('tcp4', '127.0.0.1:0', {} as never)
    await expect(listening).rejects.toThrow(/onConnection/)
  })
})

/** A plain server of node:net on a free port, and its next connection. */
async function freePort() {
  const server = createServer()
  const next = new Promise<import('node:net').Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise((resolve) => server.close(resolve))
  return { address: server.address() as AddressInfo, close, next }
}
