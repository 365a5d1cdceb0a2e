import { once } from 'node:events'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, generateSecret } from '../src/index.js'
import { LOGGED_CHANNELS } from '../src/node/log-lines.js'
import { failure, uncaught, until } from './support.js'

interface Written {
  readonly level: string
  readonly args: readonly unknown[]
}

/** A logger like `console`, and what it was given. */
function recorder(): {
  lines: Written[]
  logger: Record<'debug' | 'info' | 'warn' | 'error', (...args: unknown[]) => void>
} {
  const lines: Written[] = []
  const writing =
    (level: string) =>
    (...args: unknown[]): void =>
      void lines.push({ level, args })
  return {
    lines,
    logger: {
      debug: writing('debug'),
      info: writing('info'),
      warn: writing('warn'),
      error: writing('error'),
    },
  }
}

test('pino gets the fields first, with node ids as texts and errors as err', async () => {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  await using server = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using client = new AstraNet({ logger: pino({ level: 'debug' }, destination) })
  await client.join(address)
  await client.bind('echo')
  const node = formatNodeId(server.nodeId)
  expect(lines).toMatchObject([
    { level: 20, event: 'astranet:link:path', nodeId: node },
    { level: 30, event: 'astranet:link:opened', nodeId: node, msg: 'a link is open' },
    {
      level: 30,
      event: 'astranet:join:joined',
      nodeId: node,
      address: `tcp://${address}`,
      msg: 'joined a node',
    },
    { level: 20, event: 'astranet:listener:bound', service: 'echo' },
  ])
  await server.close()
  await until(() => lines.some(({ event }) => event === 'astranet:join:lost'))
  expect(lines.find(({ event }) => event === 'astranet:join:lost')).toMatchObject({ level: 40, nodeId: node })
})

test('a console gets the text first, and warnings and errors are logged', async () => {
  const { lines, logger } = recorder()
  await using server = new AstraNet({ secret: generateSecret(), logger })
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0', { onError: () => undefined })
  const secret = generateSecret()
  await using stranger = new AstraNet({ secret })
  await failure(stranger.join(address))
  await until(() => lines.length > 0)
  expect(lines[0]).toMatchObject({
    level: 'warn',
    args: ['a connection did not become a link', { event: 'astranet:link:refused', err: expect.any(Error) }],
  })
  expect(JSON.stringify(lines)).not.toContain(secret)
  await using node = new AstraNet({ logger, variables: { ASTRANET_LISTEN: `tcp4://${address}` } })
  await node.bind('x')
  const warning = (): Written | undefined =>
    lines.find(({ args }) => String(args[0]).startsWith('ASTRANET_LISTEN'))
  await until(() => warning() !== undefined)
  expect(warning()).toMatchObject({
    level: 'warn',
    args: [expect.any(String), { code: 'ASTRA_WARN_VARIABLE' }],
  })
})

test('a node that is left, by either program, is no failure', async () => {
  const { lines, logger } = recorder()
  await using server = new AstraNet({ logger })
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using client = new AstraNet()
  for (const leave of [() => client.leave(server.nodeId), () => server.leave(client.nodeId)]) {
    await client.join(address)
    lines.length = 0
    await leave()
    const closed = (): Written | undefined =>
      lines.find(({ args }) => (args[1] as { event: string }).event === 'astranet:link:closed')
    await until(() => closed() !== undefined)
    expect(closed()).toMatchObject({
      level: 'info',
      args: ['one of its nodes has ended a link', { err: { code: 'ASTRA_ERR_LINK_REFUSED' } }],
    })
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([])
  }
})

test('what a logger throws is an uncaught exception, and changes nothing', async () => {
  const { logger } = recorder()
  const fault = new Error('the disk is full')
  await using node = new AstraNet({
    logger: {
      ...logger,
      debug(text: string) {
        if (text === 'a port is bound') throw fault
      },
    },
  })
  const thrown = uncaught()
  await node.bind('echo')
  expect(await thrown).toBe(fault)
  expect(node.services()).toHaveLength(1)
})

test.each([[null], [1], [{}], [{ info: () => undefined }]])('%j is no logger', (logger) => {
  expect(() => new AstraNet({ logger: logger as never })).toThrow(
    /^The "options\.logger" property must be a logger with the functions debug, info, warn and error/,
  )
})

test('each channel that is logged exists', async () => {
  const { readFileSync } = await import('node:fs')
  const document = readFileSync(new URL('../../../docs/DIAGNOSTICS.md', import.meta.url), 'utf8')
  expect(LOGGED_CHANNELS.filter((name) => !document.includes(`| \`${name}\``))).toEqual([])
})

test('console is a logger', async () => {
  await new AstraNet({ logger: console }).close()
})

test('a target that takes no connection is logged by the node that publishes it', async () => {
  const { lines, logger } = recorder()
  await using node = new AstraNet({ logger })
  // Port 1 of the loopback address is not listened on.
  await node.publish('gone', '127.0.0.1:1')
  const socket = await node.dial('gone')
  expect(await once(socket, 'error')).toMatchObject([{ code: 'ECONNRESET' }])
  await until(() => lines.some(({ args }) => String(args[0]).includes('target of a publication')))
  expect(lines.find(({ args }) => String(args[0]).includes('target'))).toMatchObject({ level: 'warn' })
})
