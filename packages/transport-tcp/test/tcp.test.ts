import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type LookupFunction } from 'node:net'
import type { Connection } from '@astranet/interface'
import { Probe } from '@astranet/testkit'
import { tcp } from '@astranet/transport-tcp'
import { describe, expect, it } from 'vitest'
import { closeAll, turnsUntil } from './support.js'

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
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('says what failed at each address when none answers', async () => {
    const dialing = tcp({ lookup: bothFamilies }).dial('tcp', `both.example:${await closedPort()}`)
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
    const accepted: Connection[] = []
    const listener = await transport.listen(network, 'both.example:0', {
      onConnection: (end) => void accepted.push(end),
    })
    expect(listener.address).toMatch(
      new RegExp(`^${host.replaceAll('[', '\\[')}:\\d+$`.replaceAll(']', '\\]')),
    )
    const connection = await transport.dial(network, listener.address.replace(host, 'both.example'))
    expect(connection.remoteAddress).toBe(listener.address)
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it.each(['tcp', 'tcp4'])('on %s tries all addresses of a name', async (network) => {
    const addresses = ['127.0.0.3', '127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
    const transport = tcp({ lookup: lookupOf(...addresses) })
    const accepted: Connection[] = []
    const listener = await tcp().listen('tcp4', '127.0.0.1:0', {
      onConnection: (end) => void accepted.push(end),
    })
    const connection = await transport.dial(network, listener.address.replace('127.0.0.1', 'many.example'))
    expect(connection.remoteAddress).toBe(listener.address)
    await closeAll([connection, ...accepted])
    await listener.close()
    await expect(transport.dial(network, `many.example:${await closedPort()}`)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/127\.0\.0\.3.*127\.0\.0\.2.*127\.0\.0\.1/s),
    })
  })

  it("passes on Node's error for an address that no route leads to", async () => {
    // No connection can be made to a multicast address: the system knows without sending anything.
    await expect(tcp().dial('tcp4', '224.0.0.1:1')).rejects.toMatchObject({
      code: 'ENETUNREACH',
      syscall: 'connect',
    })
  })

  it('has the system probe silent peers at both ends, unless told not to', async (context) => {
    if (process.platform !== 'linux') return context.skip('only Linux shows it, in /proc/net/tcp')
    for (const [keepAliveDelayMs, probes] of [
      [60_000, true],
      [false, false],
    ] as const) {
      const accepted: Connection[] = []
      const transport = tcp({ keepAliveDelayMs })
      const listener = await transport.listen('tcp4', '127.0.0.1:0', {
        onConnection: (end) => void accepted.push(end),
      })
      const connection = await transport.dial('tcp4', listener.address)
      await turnsUntil(() => accepted.length === 1)
      expect(keepAliveTimersOf(listener.address)).toEqual([probes, probes])
      await closeAll([connection, ...accepted])
      await listener.close()
    }
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
    const accepted: Connection[] = []
    const listener = await transport.listen(network, ':0', { onConnection: (end) => void accepted.push(end) })
    expect(listener.address).toMatch(shape)
    const connection = await transport.dial(network, listener.address.replace(/^.*:/, ':'))
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('does not dial port 0', async () => {
    await expect(tcp().dial('tcp', 'localhost:0')).rejects.toThrow(RangeError)
  })

  it('shows the peer of an abort a reset', async () => {
    const accepted: Connection[] = []
    const listener = await tcp().listen('tcp4', '127.0.0.1:0', {
      onConnection: (end) => void accepted.push(end),
    })
    const dialed = Probe.on(await tcp().dial('tcp4', listener.address))
    await turnsUntil(() => accepted.length === 1)
    const [peer] = accepted.map((end) => Probe.on(end))
    dialed.write(Uint8Array.of(1))
    await peer?.received(1)
    dialed.duplex.abort(new Error('enough'))
    expect(await peer?.closed()).toMatchObject({ code: 'ECONNRESET' })
    await listener.close()
  })

  it('names an option that is out of range', () => {
    expect(() => tcp({ keepAliveDelayMs: 10 })).toThrow(/keepAliveDelayMs/)
  })

  it('names a listener option that is missing', async () => {
    const listening = tcp().listen('tcp4', '127.0.0.1:0', {} as never)
    await expect(listening).rejects.toThrow(/onConnection/)
  })
})

/** A port of 127.0.0.1 on which nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Of each established socket with that port at either end: whether the system will probe its peer (its timer is 2). */
function keepAliveTimersOf(address: string): boolean[] {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
    .toString(16)
    .toUpperCase()
    .padStart(4, '0')
  const lines = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const isMeant = ([, local, remote, state]: string[]): boolean =>
    state === '01' && [local, remote].some((end) => end?.endsWith(`:${port}`))
  return lines.filter(isMeant).map(([, , , , , timer]) => timer?.startsWith('02:') === true)
}
