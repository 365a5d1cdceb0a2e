import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { textOf, twoNodes, until } from './support.js'

describe('a socket whose peer has sent everything and closed', () => {
  it('is read to its end without an error by node:http, which had nothing more to say', async () => {
    await using nodes = await twoNodes()
    const web = createServer((_, response) => response.end('hello'))
    const listener = await nodes.server.bind('', 'web')
    listener.on('connection', (socket) => web.emit('connection', socket))
    for (let i = 0; i < 20; i++) {
      const socket = await nodes.client.httpDial('', 'web')
      // Both the end and that the peer reads no more are there before anything is read.
      const request = get({ host: 'web', createConnection: () => socket })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      expect(await textOf(response)).toBe('hello')
    }
  })
})

describe('a node that drains', () => {
  it('ends connections that are kept alive: idle ones at once, others with the answer that is due', async () => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    const due: ServerResponse[] = []
    await server.serve('web', (request, response) => {
      if (request.url === '/slow') due.push(response)
      else response.end('hello')
    })
    const agent = client.httpAgent({ keepAlive: true })
    const ask = async (path: string): Promise<string> => {
      const [response] = (await once(get({ host: 'web', path, agent }), 'response')) as [IncomingMessage]
      return await textOf(response)
    }
    expect(await ask('/')).toBe('hello')
    const slow = [ask('/slow'), ask('/slow')]
    await until(() => due.length === 2)
    const draining = server.drain({ deadlineMs: 0x7fffffff })
    await until(() => client.services().length === 0)
    for (const response of due) response.end('at last')
    expect(await Promise.all(slow)).toEqual(['at last', 'at last'])
    await draining
    agent.destroy()
  })
})
