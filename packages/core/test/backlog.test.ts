import { expect, test } from 'vitest'
import { failure, textOf, twoNodes, until } from './support.js'

test.each(['destroy', 'resetAndDestroy'] as const)(
  'streams whose dialers have gone by %s do not fill a backlog',
  async (leave) => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    const listener = await server.bind('', 'busy', { backlog: 50 })
    for (let round = 0; round < 6; round++) {
      const sockets = await Promise.all(Array.from({ length: 40 }, () => client.dial('', 'busy')))
      for (const socket of sockets) socket[leave]()
      // What leaves before the next dials reaches the listener before them.
      await client.ping(server.nodeId)
    }
    const socket = await client.dial('', 'busy')
    socket.end('here I am')
    expect(listener.waiting).toBeLessThanOrEqual(50)
    const texts: string[] = []
    while (!texts.includes('here I am')) texts.push(await textOf(await listener.accept()).catch(String))
    expect(texts.length).toBeLessThanOrEqual(50)
  },
)

test('streams that were written to before their dialers went are kept, and a full backlog refuses', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'busy', { backlog: 4 })
  const sockets = await Promise.all(Array.from({ length: 4 }, () => client.dial('', 'busy')))
  for (const socket of sockets) socket.end('remember')
  await until(() => listener.waiting === 4)
  await client.ping(server.nodeId)
  for (let count = 0; count < 20; count++) {
    expect(await failure(client.dial('', 'busy'))).toMatchObject({ code: 'ECONNREFUSED' })
  }
  for (let count = 0; count < 4; count++) expect(await textOf(await listener.accept())).toBe('remember')
})
