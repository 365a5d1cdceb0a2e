import { join } from 'node:path'
import { formatNodeId } from '@astranet/core'
import { expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { file, folder, user } from './support.js'

test('two nodes that know only the relay find the services of each other', async () => {
  const secret = 'a secret of two nodes'
  const relay = await RelayProcess.listening('--secret-file', file(secret))
  const [server, client] = [user({ secret }), user({ secret })]
  for (const node of [server, client]) await node.join('tcp', await relay.address())
  const changes = client.serviceMap().watch()
  const printer = await server.bind('', 'printer', { tags: ['color'] })
  expect((await changes.next()).value).toMatchObject({
    kind: 'add',
    service: { name: 'printer', nodeId: server.nodeId, tags: ['color'] },
  })
  expect([...client.serviceMap().keys()]).toEqual(['printer'])
  expect(client.routes()).toContainEqual(expect.objectContaining({ nodeId: server.nodeId, distance: 1 }))
  printer.close()
  expect((await changes.next()).value).toMatchObject({ kind: 'remove', service: { name: 'printer' } })
})

test('services are found over two relays, of which one joins the other', async () => {
  const first = await RelayProcess.listening()
  const second = await RelayProcess.listening('--join', `tcp://${await first.address()}`)
  await second.event('join')
  const [server, client] = [user(), user()]
  await server.join('tcp', await first.address())
  await client.join('tcp', await second.address())
  await server.bind('', 'far')
  const [found] = await client.waitFor('far')
  expect(found?.nodeId).toBe(server.nodeId)
  const { nodeId } = (await first.status()).relay
  expect((await second.status()).joins).toEqual([
    { address: `tcp://${await first.address()}`, nodeId, isLinked: true, lastError: null },
  ])
  expect(await second.metric('astranet_relay_joins{linked="true"}')).toBe(1)
  expect((await second.status()).nodes).toContainEqual(
    expect.objectContaining({ nodeId: formatNodeId(server.nodeId), distance: 1, via: [nodeId] }),
  )
})

test('a relay that is down is no error: it is joined as soon as it is there, and again when it returns', async () => {
  const identity = join(folder(), 'first.pem')
  const first = await RelayProcess.listening('--identity-file', identity)
  const address = await first.address()
  first.process.kill('SIGKILL')
  await first.outcome
  const second = await RelayProcess.listening('--join', `tcp://${address}`)
  expect(await second.event('join-failed')).toMatchObject({ level: 'warn', code: 'ECONNREFUSED' })
  expect((await fetch(`${await second.admin()}/readyz`)).status).toBe(200)
  expect((await second.status()).joins).toMatchObject([
    { nodeId: null, isLinked: false, lastError: expect.stringContaining('ECONNREFUSED') },
  ])
  const args = ['--listen', `tcp://${address}`, '--identity-file', identity, '--no-admin']
  const started = new RelayProcess(args)
  await second.event('join')
  started.process.kill('SIGTERM')
  expect((await started.outcome).exitCode).toBe(0)
  const again = new RelayProcess(args)
  const node = String((await second.event('started'))['node'])
  await again.event('joined', { node })
})
