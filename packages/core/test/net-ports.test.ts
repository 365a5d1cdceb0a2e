import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { twoNodes, until } from './support.js'

/** What a connection to a port of a host where nothing listens fails with. */
async function refusal(module: Pick<typeof net, 'connect'>, port: number, host: string): Promise<object> {
  const socket = module.connect(port, host)
  const [error] = (await once(socket, 'close').then(
    () => [undefined],
    (reason: unknown) => [reason],
  )) as [NodeJS.ErrnoException]
  return { ...error, keys: Object.keys(error).sort(), name: error.name, message: error.message }
}

test('a port at which a known service is not offered refuses at once, as a port of a known host', async () => {
  await using nodes = await twoNodes()
  const { client, server } = nodes
  await server.bind('web:80')
  await client.waitFor('web')
  const closed = net.createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))

  const tcp = await refusal(net, port, '127.0.0.1')
  const here = await refusal(client.net as unknown as typeof net, 81, 'web')
  expect(tcp).toMatchObject({ code: 'ECONNREFUSED', message: `connect ECONNREFUSED 127.0.0.1:${port}` })
  expect(here).toEqual({ ...tcp, message: 'connect ECONNREFUSED web:81', address: 'web', port: 81 })
  // Without the port it is found, and `dial` waits for an instance at the port.
  await once(client.net.connect('web'), 'connect')
  const dial = client.dial('web:81')
  await server.bind('web:81')
  expect((await dial).remotePort).toBe(81)
})

test('a name that becomes known at another port while a net socket waits for it refuses then', async () => {
  await using nodes = await twoNodes()
  const refused = refusal(nodes.client.net as unknown as typeof net, 81, 'late')
  await until(() => nodes.client.inspect().dials.inFlight !== 0)
  await nodes.server.bind('late:80')
  expect(await refused).toMatchObject({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED late:81' })
})
