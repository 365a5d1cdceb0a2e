import net from 'node:net'
import { tcp } from '@astranet/transport-tcp'
import { expect, it } from 'vitest'
import { closeAll, listening, portOf, turnsUntil } from './support.js'

it('a dial leaves from the address and the port that are asked for', async () => {
  const { listener, accepted } = await listening(tcp())
  const [free] = await (async () => {
    const other = await listening(tcp())
    await other.listener.close()
    return [portOf(other.listener.address)]
  })()
  const connection = await tcp({ localAddress: '127.0.0.2', localPort: free }).dial('tcp4', listener.address)
  await turnsUntil(() => accepted.length === 1)
  expect(connection.localAddress).toBe(`127.0.0.2:${free}`)
  expect(accepted[0]?.remoteAddress).toBe(`127.0.0.2:${free}`)
  await closeAll([connection, ...accepted])
  await listener.close()
})

it('the port of a dial from port 0 can be shared by a dial to another address', async () => {
  const [one, other] = [await listening(tcp()), await listening(tcp())]
  const first = await tcp({ localPort: 0 }).dial('tcp4', one.listener.address)
  const localPort = portOf(first.localAddress)
  const second = await tcp({ localPort }).dial('tcp4', other.listener.address)
  expect(portOf(second.localAddress)).toBe(localPort)
  await turnsUntil(() => one.accepted.length + other.accepted.length === 2)
  await closeAll([first, second, ...one.accepted, ...other.accepted])
  await Promise.all([one.listener.close(), other.listener.close()])
})

it('the port of a usual dial cannot be shared', async () => {
  const [one, other] = [await listening(tcp()), await listening(tcp())]
  const first = await tcp().dial('tcp4', one.listener.address)
  const shared = tcp({ localPort: portOf(first.localAddress) })
  await expect(shared.dial('tcp4', other.listener.address)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await turnsUntil(() => one.accepted.length === 1)
  await closeAll([first, ...one.accepted])
  await Promise.all([one.listener.close(), other.listener.close()])
})

it('a dial leaves from a port at which this machine listens and that is shared, on Node 26 and later', async () => {
  const [one, other] = [await listening(tcp({ reusePort: true })), await listening(tcp())]
  const localPort = portOf(one.listener.address)
  const dialing = tcp({ localPort }).dial('tcp4', other.listener.address)
  if (!('BoundSocket' in net)) {
    await expect(dialing).rejects.toMatchObject({ code: 'EADDRINUSE' })
  } else {
    const connection = await dialing
    await turnsUntil(() => other.accepted.length === 1)
    expect(portOf(other.accepted[0]?.remoteAddress ?? '')).toBe(localPort)
    // Whoever dials that port still gets the listener.
    const incoming = await tcp().dial('tcp4', one.listener.address)
    await turnsUntil(() => one.accepted.length === 1)
    await closeAll([connection, incoming, ...one.accepted, ...other.accepted])
  }
  await Promise.all([one.listener.close(), other.listener.close()])
})

it('a listener that shares its port with nobody keeps dials from it', async () => {
  const [one, other] = [await listening(tcp()), await listening(tcp())]
  const dialing = tcp({ localPort: portOf(one.listener.address) }).dial('tcp4', other.listener.address)
  await expect(dialing).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await Promise.all([one.listener.close(), other.listener.close()])
})

it('an address of the other family than the local address is not dialed', async () => {
  const dialing = tcp({ localAddress: '127.0.0.1' }).dial('tcp', '[::1]:1')
  await expect(dialing).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})

it.each([
  [{ localAddress: 'localhost' }, TypeError, 'localAddress'],
  [{ localPort: -1 }, RangeError, 'localPort'],
  [{ localPort: 65_536 }, RangeError, 'localPort'],
  [{ reusePort: 1 as unknown as boolean }, TypeError, 'reusePort'],
])('%j is refused by name', (options, type, name) => {
  expect(() => tcp(options)).toThrow(type)
  expect(() => tcp(options)).toThrow(name)
})
