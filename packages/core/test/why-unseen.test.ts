import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, type NodeId } from '../src/index.js'
import { failure, twoNodes } from './support.js'

const AT_ONCE = { timeoutMs: 0 }

/** What a dial of a name that is not known fails with. */
async function notFound(node: AstraNet, name: string): Promise<string> {
  const error = await failure(node.dial('', name, AT_ONCE))
  expect(error.code).toBe('ENOTFOUND')
  return error.message
}

/** A port of this machine at which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('a dial of a node without a link says so, and how the last join failed', async () => {
  await using node = new AstraNet()
  expect(await notFound(node, 'echo')).toBe(
    'dial echo: no node offers the service "echo": this node has no link',
  )
  const port = await freePort()
  const refused = await failure(node.join('tcp', `127.0.0.1:${port}`))
  expect(await notFound(node, 'echo')).toBe(
    'dial echo: no node offers the service "echo": this node has no link ' +
      `(join tcp://127.0.0.1:${port}: ${refused.message})`,
  )
  await using other = new AstraNet()
  const unknown = await failure(node.dial('', `${formatNodeId(other.nodeId)}:1`, AT_ONCE))
  expect(unknown.code).toBe('EHOSTUNREACH')
  expect(unknown.message).toMatch(/: no route to it is known; this node has no link \(join tcp:/)
})

test('a join that succeeds makes an earlier failure forgotten', async () => {
  await using node = new AstraNet()
  await using server = new AstraNet()
  await failure(node.join('tcp', `127.0.0.1:${await freePort()}`))
  const { address } = await server.listenAndServe('tcp', '127.0.0.1:0')
  await node.join('tcp', address)
  await node.leave(server.nodeId)
  expect(await notFound(node, 'echo')).toMatch(/: this node has no link$/)
})

test('a dial of a node whose neighbours are no routers says that it sees them only', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const expected = 'this node has joined no router, so it sees only its neighbours'
  for (const node of [server, client])
    expect(await notFound(node, 'echo')).toBe(`dial echo: no node offers the service "echo": ${expected}`)
  await using other = new AstraNet()
  const unknown = await failure(client.dial('', `${formatNodeId(other.nodeId)}:1`, AT_ONCE))
  expect(unknown.message).toContain(`no route to it is known; ${expected}`)
})

test('a node that has joined a router, and a router, have no such reason', async () => {
  await using router = new AstraNet().router()
  await using client = new AstraNet()
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', address)
  for (const node of [router, client])
    expect(await notFound(node, 'echo')).toBe('dial echo: no node offers the service "echo"')
})

test('a dial of a decimal node id says how a node id is written', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const ids = [server.nodeId, 2n ** 64n - 1n, 10n ** 16n] as NodeId[]
  for (const id of ids)
    expect(await notFound(client, `${id}:80`)).toContain(
      `: a node id is written "${formatNodeId(id)}": formatNodeId(nodeId); this node has joined no router`,
    )
  for (const name of ['1234', '9'.repeat(16), String(2n ** 64n), '1'.repeat(21)])
    expect(await notFound(client, name)).not.toContain('node id')
})

test('a dial of an IP address says what dial takes', async () => {
  await using node = new AstraNet()
  const hint = 'dial takes names of services and node ids; an address of a machine is for join'
  expect(await notFound(node, '127.0.0.1:80')).toContain(`at port 80: ${hint}; this node has no link`)
  expect(await notFound(node, '10.0.0.1')).toContain(hint)
  for (const name of ['127.0.0.1.', 'v1.2.3.4', '1.2.3'])
    expect(await notFound(node, name)).not.toContain('names of services')
  const listener = await node.bind('', '127.0.0.1:80')
  const socket = await node.dial('', '127.0.0.1:80', AT_ONCE)
  socket.destroy()
  listener.close()
})
