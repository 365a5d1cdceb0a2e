import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { systemClock } from '@astranet/interface'
import { expect, onTestFinished, test } from 'vitest'
import { httpStatus as httpStatusOfBrowsers } from '../src/browser/http-status.js'
import { HealthMonitor } from '../src/health/health-monitor.js'
import type { HealthOptions } from '../src/health/health-options.js'
import { checkHealth, type HealthPlan } from '../src/health/health-plan.js'
import { nodejs } from '../src/nodejs/platform.js'
import { memberTls } from './certificates.js'
import { until } from './support.js'

function planOf(options: HealthOptions): HealthPlan {
  const origin = nodejs.callerOrigin()
  return checkHealth(options, { checks: nodejs.healthChecks, origin }) as HealthPlan
}

/** The result of one check. */
async function resultOf(
  options: HealthOptions,
  signal = AbortSignal.timeout(5_000),
): Promise<string | undefined> {
  return await planOf(options)
    .check(signal)
    .catch((error: unknown) => (error as Error).message)
}

/** A server, its port, and the connections that it has. */
interface Listening {
  readonly server: Server
  readonly port: number
  readonly open: Set<Socket>
  /** Connections so far. */
  accepted: number
}

async function listening(server: Server, port = 0): Promise<Listening> {
  const open = new Set<Socket>()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const made = { server, port: (server.address() as AddressInfo).port, open, accepted: 0 }
  server.on('connection', (socket: Socket) => {
    made.accepted += 1
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return made
}

function http(listener: RequestListener): Promise<Listening> {
  return listening(createHttpServer(listener))
}

test('a port that takes connections is well; each is closed at once', async () => {
  const { port, open } = await listening(createServer())
  for (let i = 0; i < 3; i++) expect(await resultOf({ tcp: `127.0.0.1:${port}` })).toBe(undefined)
  expect(await resultOf({ tcp: `localhost:${port}` })).toBe(undefined)
  await until(() => open.size === 0)
})

test('a port where nobody listens fails, and so does a name that does not exist', async () => {
  const { server, port } = await listening(createServer())
  server.close()
  expect(await resultOf({ tcp: `127.0.0.1:${port}` })).toMatch(/ECONNREFUSED/)
  // Both addresses of the name are tried, and both errors are the reason.
  expect(await resultOf({ tcp: `localhost:${port}` })).toMatch(/ECONNREFUSED/)
  expect(await resultOf({ tcp: `nobody.invalid:${port}` })).toMatch(/ENOTFOUND|EAI_AGAIN/)
})

test('a status that is expected is good, any other is the reason', async () => {
  let status = 200
  const { port, open } = await http((_request, response) => void response.writeHead(status).end('body'))
  const url = `http://127.0.0.1:${port}/health`
  expect(await resultOf({ http: url })).toBe(undefined)
  status = 299
  expect(await resultOf({ http: url })).toBe(undefined)
  status = 503
  expect(await resultOf({ http: url })).toBe('status 503, expected 200 to 299')
  expect(await resultOf({ http: url, expectedStatus: 503 })).toBe(undefined)
  expect(await resultOf({ http: url, expectedStatus: [500, 503] })).toBe(undefined)
  status = 404
  expect(await resultOf({ http: url, expectedStatus: 200 })).toBe('status 404, expected 200')
  await until(() => open.size === 0)
})

test('it is a GET of that path, on a connection of its own', async () => {
  const seen: string[] = []
  const { port, ...server } = await http((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.connection}`)
    response.end()
  })
  for (let i = 0; i < 2; i++) await resultOf({ http: `http://127.0.0.1:${port}/a?b=1` })
  expect(seen).toEqual(['GET /a?b=1 close', 'GET /a?b=1 close'])
  await until(() => server.open.size === 0)
})

test('a redirect is not followed', async () => {
  const seen: (string | undefined)[] = []
  const { port } = await http((request, response) => {
    seen.push(request.url)
    response.writeHead(302, { location: '/good' }).end()
  })
  expect(await resultOf({ http: `http://127.0.0.1:${port}/` })).toBe('status 302, expected 200 to 299')
  expect(await resultOf({ http: `http://127.0.0.1:${port}/`, expectedStatus: 302 })).toBe(undefined)
  expect(seen).toEqual(['/', '/'])
})

test('a body without an end is not read: the connection is closed behind the header', async () => {
  let written = 0
  const piece = Buffer.alloc(65_536)
  const { port, open } = await http((_request, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write(piece)) written += piece.length
    }
    response.on('drain', write).on('error', () => undefined)
    write()
  })
  expect(await resultOf({ http: `http://127.0.0.1:${port}/` })).toBe(undefined)
  await until(() => open.size === 0)
  expect(written).toBeLessThan(64 * 1024 * 1024)
})

test('a server that never answers is left when the time is over', async () => {
  const { port, open } = await http(() => undefined)
  const ending = new AbortController()
  const result = resultOf({ http: `http://127.0.0.1:${port}/` }, ending.signal)
  await until(() => open.size === 1)
  ending.abort(new Error('the time is over'))
  expect(await result).toBe('the time is over')
  await until(() => open.size === 0)
})

test('a server that never ends its header is left, too, and one with a header above 16 KiB', async () => {
  const { port, open } = await listening(
    createServer((socket) => socket.resume().write('HTTP/1.1 200 OK\r\nx-y')),
  )
  const ending = new AbortController()
  const result = resultOf({ http: `http://127.0.0.1:${port}/` }, ending.signal)
  await until(() => open.size === 1)
  ending.abort(new Error('the time is over'))
  expect(await result).toBe('the time is over')
  const large = await http((_request, response) => {
    response.setHeader('x-large', 'x'.repeat(17_000))
    response.end()
  })
  expect(await resultOf({ http: `http://127.0.0.1:${large.port}/` })).toMatch(/[Hh]eader/)
  await until(() => open.size + large.open.size === 0)
})

test('a server that answers slowly, in its time, is well', async () => {
  const { port } = await http((_request, response) => void setTimeout(() => response.end(), 300))
  expect(await resultOf({ http: `http://127.0.0.1:${port}/` })).toBe(undefined)
})

test.each([
  ['that is none of HTTP', (socket: Socket) => void socket.resume().end('220 smtp ready\r\n')],
  ['that closes at once', (socket: Socket) => void socket.resume().end()],
  ['that resets', (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy())],
])('a server %s fails', async (_what, onConnection) => {
  const { port, open } = await listening(createServer(onConnection))
  expect(await resultOf({ http: `http://127.0.0.1:${port}/` })).toEqual(expect.any(String))
  await until(() => open.size === 0)
})

test('a server that changes the protocol has the status 101, and is closed', async () => {
  const answer = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'
  const { port, open } = await listening(
    createServer((socket) => void socket.once('data', () => socket.write(answer))),
  )
  expect(await resultOf({ http: `http://127.0.0.1:${port}/` })).toBe('status 101, expected 200 to 299')
  await until(() => open.size === 0)
})

test('a certificate that nobody vouches for fails', async () => {
  const { key, cert } = memberTls()
  const server = createHttpsServer({ key, cert }, (_request, response) => void response.end())
  server.on('tlsClientError', () => undefined)
  const { port, open } = await listening(server)
  expect(await resultOf({ http: `https://127.0.0.1:${port}/` })).toMatch(/certificate/i)
  await until(() => open.size === 0)
})

test('fetch, as browsers do it, has the status and follows no redirect', async () => {
  let status = 200
  const seen: (string | undefined)[] = []
  const { port, open } = await http((request, response) => {
    seen.push(request.url)
    response.writeHead(status, { location: '/other', connection: 'close' }).end('body')
  })
  const url = new URL(`http://127.0.0.1:${port}/`)
  const { signal } = new AbortController()
  expect(await httpStatusOfBrowsers(url, signal)).toBe(200)
  status = 503
  expect(await httpStatusOfBrowsers(url, signal)).toBe(503)
  status = 302
  // Node's fetch shows the status, browsers hide it.
  expect(await httpStatusOfBrowsers(url, signal)).toBe(302)
  expect(seen).toEqual(['/', '/', '/'])
  await until(() => open.size === 0)
})

test('a function is called in the context of its bind, and only true is good', async () => {
  const context = new AsyncLocalStorage<string>()
  let answer: unknown = true
  const seen: (string | undefined)[] = []
  const plan = context.run('of bind', () =>
    planOf({
      check: () => {
        seen.push(context.getStore())
        return answer as boolean
      },
    }),
  )
  const { signal } = new AbortController()
  expect(await plan.check(signal)).toBe(undefined)
  for (const [value, text] of [
    [false, 'the check returned false'],
    [Promise.resolve(true), undefined],
    [Promise.resolve(false), 'the check returned false'],
    [undefined, 'the check returned undefined, not true or false'],
    [null, 'the check returned null, not true or false'],
    [1, 'the check returned number, not true or false'],
    ['true', 'the check returned string, not true or false'],
  ]) {
    answer = value
    expect(await plan.check(signal)).toBe(text)
  }
  expect(new Set(seen)).toEqual(new Set(['of bind']))
})

/** A monitor of `options` on the real clock, and its changes. */
function monitoring(options: HealthOptions): string[] {
  const changes: string[] = []
  const monitor = new HealthMonitor({
    plan: planOf({ intervalMs: 100, timeoutMs: 100, rise: 2, fall: 2, ...options }),
    ...{ clock: systemClock, random: Math.random },
    onChange: (health, reason) => changes.push(`${health}: ${reason}`),
  })
  onTestFinished(() => monitor.close())
  monitor.start()
  return changes
}

test.each([
  [
    'throws',
    () => Promise.reject(new Error('the disk is full')),
    /^failing: the check failed: the disk is full$/,
  ],
  [
    'throws at once',
    () => {
      throw new TypeError('no such table')
    },
    /^failing: the check failed: no such table$/,
  ],
  [
    'throws what is no error',
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a program may do so
      throw undefined
    },
    /^failing: the check failed: undefined$/,
  ],
  ['never answers', () => new Promise<boolean>(() => undefined), /^failing: no answer within 100 ms$/],
])('a function that %s counts as failing', async (_what, check, expected) => {
  const changes = monitoring({ check })
  await until(() => changes.length === 1)
  expect(changes[0]).toMatch(expected)
})

test('a server that goes bad, away, silent, and comes back is followed', async () => {
  let mode: 'good' | 'bad' | 'silent' = 'good'
  const answer: RequestListener = (_request, response) => {
    if (mode !== 'silent') response.writeHead(mode === 'good' ? 200 : 500).end()
  }
  const first = await http(answer)
  const changes = monitoring({ http: `http://127.0.0.1:${first.port}/` })
  await until(() => first.accepted >= 3)
  expect(changes).toEqual([])
  mode = 'bad'
  await until(() => changes.length === 1)
  mode = 'good'
  await until(() => changes.length === 2)
  first.server.close()
  await until(() => changes.length === 3)
  const second = await listening(createHttpServer(answer), first.port)
  await until(() => changes.length === 4)
  mode = 'silent'
  await until(() => changes.length === 5)
  mode = 'good'
  await until(() => changes.length === 6)
  expect(changes.map((change) => change.replace(/ECONNREFUSED.*/, 'ECONNREFUSED'))).toEqual([
    'failing: status 500, expected 200 to 299',
    'passing: the check succeeded',
    'failing: the check failed: connect ECONNREFUSED',
    'passing: the check succeeded',
    'failing: no answer within 100 ms',
    'passing: the check succeeded',
  ])
  await until(() => first.open.size + second.open.size === 0)
})
