// What programs do with a node that has joined another one. Each thing resolves when it has done all.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Duplex } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import { AstraNet } from '../dist/index.js'

const ignore = () => {}

/** A call that is pending until it is aborted. */
function pending(call) {
  return ({ keep }) => {
    const controller = new AbortController()
    const over = call(controller.signal).catch(ignore)
    keep(() => {
      controller.abort()
      return over
    })
  }
}

function other(keep, options) {
  const node = new AstraNet(options)
  keep(() => node.close())
  return node
}

async function bound(node, keep) {
  const listener = await node.bind('web', { health: { check: () => true, intervalMs: 100 } })
  keep(() => listener.close())
  return listener
}

export function nodeThings(node) {
  return {
    'a link that is idle': ignore,
    'an idle socket with a timeout': async ({ keep }) => {
      const socket = (await node.dial('silent')).unref()
      keep(() => socket.destroy())
      socket.resume().setTimeout(60_000)
    },
    'a dial that waits': pending((signal) => node.dial('nobody', { signal, timeoutMs: 0x7fffffff })),
    'an unref connect that waits': ({ keep }) => {
      const socket = node.connect('nobody', { timeoutMs: 0x7fffffff }).on('error', ignore).unref()
      keep(() => socket.destroy())
    },
    'waitFor that waits': pending((signal) => node.waitFor('nobody', { signal, timeoutMs: 0x7fffffff })),
    'a join that keeps trying': pending((signal) =>
      node.join('tcp4', '127.0.0.1:1', { signal, keepTrying: true }),
    ),
    'a join whose node is gone': async ({ keep }) => {
      const [one, two] = [other(keep), other(keep)]
      const { address } = await one.listenAndServe('tcp4', '127.0.0.1:0')
      await two.join('tcp4', address)
      await one.close()
    },
    'what environment variables begin': async ({ keep }) => {
      const one = other(keep, { variables: { SKYNET_BIND: '127.0.0.1:0', MPXROUTER: '127.0.0.1:1' } })
      one.services()
      while (one.inspect().endpoints.length === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    'an attach that waits': pending((signal) => {
      const silent = new Duplex({ read: ignore, write: (chunk, encoding, callback) => callback() })
      return other(ignore).attach(silent, { signal })
    }),
    'nodes that are joined by a MessagePort': async ({ keep }) => {
      const { port1, port2 } = new MessageChannel()
      const [one, two] = [other(keep), other(keep)]
      await Promise.all([one.attach(port1), two.attach(port2)])
    },
    'a node that drains': async ({ keep }) => {
      const [one, two] = [other(keep), other(keep)]
      const { address } = await one.listenAndServe('tcp4', '127.0.0.1:0')
      const listener = (await one.bind('web')).unref()
      listener.on('connection', (socket) => socket.on('error', ignore).unref().resume())
      await two.join('tcp4', address)
      const socket = (await two.dial('web')).on('error', ignore).unref()
      socket.resume()
      void two.drain({ deadlineMs: 0x7fffffff })
    },
    'a watch that is waited for': ({ keep }) => {
      const changes = node.serviceMap().watch({ name: 'nobody' })
      keep(() => changes.return())
      void changes.next()
    },
    'a watch that nobody waits for': async ({ keep }) => {
      const changes = node.serviceMap().watch()
      keep(() => changes.return())
      await changes.next()
    },
    'a listener': ({ keep }) => bound(node, keep),
    'an unref listener': async ({ keep }) => (await bound(node, keep)).unref(),
    'a listener that is ref again': async ({ keep }) => (await bound(node, keep)).unref().ref(),
    'a closed listener': async ({ keep }) => (await bound(node, keep)).close(),
    'an endpoint': async ({ keep }) => {
      const endpoint = await node.listenAndServe('tcp4', '127.0.0.1:0')
      keep(() => endpoint.close())
    },
    'an unref endpoint': async ({ keep }) => {
      for (const network of ['tcp4', 'ws']) {
        const endpoint = (await node.listenAndServe(network, '127.0.0.1:0')).unref()
        keep(() => endpoint.close())
      }
    },
    'an endpoint that is ref again': async ({ keep }) => {
      const endpoint = (await node.listenAndServe('ws', '127.0.0.1:0')).unref().ref()
      keep(() => endpoint.close())
    },
    'a closed endpoint': async () => await (await node.listenAndServe('tcp4', '127.0.0.1:0')).close(),
    'a forward': async ({ keep }) => {
      const forward = await node.forward('127.0.0.1:0', 'silent')
      keep(() => forward.close())
    },
    'a publication': async ({ keep }) => {
      const server = createServer().listen(0, '127.0.0.1').unref()
      await once(server, 'listening')
      const publication = await node.publish('local', `127.0.0.1:${server.address().port}`)
      keep(() => publication.close())
      keep(() => server.close())
    },
  }
}
