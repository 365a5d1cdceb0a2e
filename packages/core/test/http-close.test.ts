import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { textOf, twoNodes } from './support.js'

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
