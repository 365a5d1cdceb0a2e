import { join } from 'node:path'
import { AbstractConnector, Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs, serverFolder, startDaemon, type Daemon } from './daemon.js'
import { twoNodes, type TwoNodes } from './two-nodes.js'

const found = programs('ioredis and node-redis against Redis', 'redis-server')

describe.runIf(found)('Redis, published by its Unix socket', () => {
  let daemon: Daemon
  let nodes: TwoNodes

  beforeAll(async () => {
    const folder = await serverFolder()
    const path = join(folder, 'redis.sock')
    daemon = await startDaemon(found?.[0] ?? '', ['--port', '0', '--unixsocket', path, '--save', ''], {
      folder,
      ready: /eady to accept connections/,
    })
    nodes = await twoNodes()
    await nodes.server.publish('redis', path)
  }, 60_000)

  afterAll(async () => {
    await nodes[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  it('answers ioredis, by its option Connector', async () => {
    const { client } = nodes
    class ServiceConnector extends AbstractConnector {
      constructor() {
        super(0)
      }

      override async connect(): Promise<never> {
        const socket = await client.dial('', 'redis')
        // A socket of AstraNet has what ioredis uses of a `net.Socket`.
        this.stream = socket as never
        return socket as never
      }
    }
    const redis = new Redis({ Connector: ServiceConnector })
    await redis.set('key', 'value')
    expect(await redis.get('key')).toBe('value')
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => redis.incr('count')))
    expect(answers.at(-1)).toBe(1_000)
    await redis.quit()
  })

  it('answers node-redis, over a forwarded port', async () => {
    await using forward = await nodes.client.forward('127.0.0.1:0', 'redis')
    const redis = createClient({ url: `redis://${forward.local}` })
    await redis.connect()
    await redis.set('big', 'x'.repeat(1_000_000))
    expect((await redis.get('big'))?.length).toBe(1_000_000)
    await redis.close()
  })
})
