import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateSecret, type AstraNetOptions, type Listener, type Socket } from '../src/index.js'
import { ways, type LinkedNodes, type Way } from './every-transport.js'
import { errorOf, until } from './support.js'

const secret = generateSecret()
const BYTES = 1_000_000

interface Case {
  readonly way: Way
  readonly name: string
  readonly options: AstraNetOptions
  readonly encryption: AstraNetOptions['encryption']
}

const cases = ways.flatMap((way) =>
  (['auto', 'always'] as const).flatMap((encryption): Case[] => [
    { way, encryption, name: `${way.name}, ${encryption}, no secret`, options: { encryption } },
    { way, encryption, name: `${way.name}, ${encryption}, a secret`, options: { encryption, secret } },
  ]),
)

describe.each(cases)('two nodes over $name', ({ way, options, encryption }) => {
  let nodes: LinkedNodes
  let listener: Listener
  beforeAll(async () => {
    nodes = await way.nodes(options)
    listener = await nodes.server.bind('', 'here', { allowHalfOpen: true })
  })
  afterAll(() => nodes[Symbol.asyncDispose]())

  async function connected(): Promise<{ near: Socket; far: Socket }> {
    const dialing = nodes.client.dial('', 'here', { allowHalfOpen: true })
    const [near, far] = await Promise.all([dialing, listener.accept()])
    return { near, far }
  }

  test('know each other by key, and how their link is protected', async () => {
    const { near, far } = await connected()
    const security = encryption === 'always' ? 'encrypted' : way.security
    const { server, client } = nodes
    expect(near.remoteIdentity).toMatchObject({
      nodeId: server.nodeId,
      publicKey: server.publicKey,
      security,
    })
    expect(far.remoteIdentity).toMatchObject({ nodeId: client.nodeId, publicKey: client.publicKey, security })
    near.destroy()
    far.destroy()
  })

  test('send each other a megabyte at once, and half-close', async () => {
    const { near, far } = await connected()
    const [there, back] = [randomBytes(BYTES), randomBytes(BYTES)]
    const received = Promise.all([allOf(near), allOf(far)])
    far.write(back)
    near.end(there)
    await once(far, 'end')
    // One direction has ended; the other goes on.
    far.end('and more')
    const [ofNear, ofFar] = await received
    expect(ofFar.equals(there)).toBe(true)
    expect(ofNear.equals(Buffer.concat([back, Buffer.from('and more')]))).toBe(true)
    await until(() => near.destroyed && far.destroyed)
  })

  test('report a reset as one', async () => {
    const { near, far } = await connected()
    const failed = errorOf(far)
    near.resetAndDestroy()
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
  })

  test('lose the link when one closes, and the other end of an open socket fails', async () => {
    const { near, far } = await connected()
    const failed = errorOf(far)
    await nodes.client.close()
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    expect(near.destroyed).toBe(true)
    await until(() => nodes.server.routes().length === 0)
  })
})

/** Everything that a socket receives. It stays open. */
async function allOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}
