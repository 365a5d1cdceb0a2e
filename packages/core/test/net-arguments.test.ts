import nodeNet from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { thrownBy, type AnyNet } from './net-module-support.js'

const node = new AstraNet()
afterAll(() => node.close())

const PORTS = [
  -1,
  65_536,
  1.5,
  NaN,
  Infinity,
  'x',
  '',
  ' ',
  '-1',
  '65536',
  true,
  false,
  [],
  {},
  () => {},
  null,
  undefined,
]
const OTHERS = [undefined, null, 0, 1, -1, '', 'x', true, [], {}, NaN]

/** Calls with wrong arguments, by a name. What is right for Node connects or binds nothing here. */
const calls: Record<string, (net: AnyNet) => unknown> = {
  'connect()': (net) => (net.connect as () => unknown)(),
  'connect({})': (net) => net.connect({} as never),
  'new Socket().connect()': (net) => (new net.Socket().connect as () => unknown).call(new net.Socket()),
  'createServer(1)': (net) => net.createServer(1 as never),
  'createServer("x")': (net) => net.createServer('x' as never),
  'new Server(true)': (net) => new net.Server(true as never),
  'listen({})': (net) => net.createServer().listen({} as never),
  'listen({ host })': (net) => net.createServer().listen({ host: 'x' } as never),
  'listen(true)': (net) => net.createServer().listen(true as never),
  'listen(false)': (net) => net.createServer().listen(false as never),
  'connect({ path: {} })': (net) => net.connect({ path: {} as never }),
  'connect({ path: 1 })': (net) => net.connect({ path: 1 as never }),
  'Socket({ objectMode })': (net) => new net.Socket({ objectMode: true } as never),
  'Socket({ readableObjectMode })': (net) => new net.Socket({ readableObjectMode: true } as never),
  'Socket({ writableObjectMode })': (net) => new net.Socket({ writableObjectMode: true } as never),
  'Socket({ highWaterMark })': (net) => new net.Socket({ highWaterMark: -1 } as never),
  'getConnections()': (net) => (net.createServer().getConnections as () => unknown).call(net.createServer()),
  'setTimeout("x")': (net) => new net.Socket().setTimeout('x' as never),
  'setTimeout(-1)': (net) => new net.Socket().setTimeout(-1),
  'setTimeout(1, 1)': (net) => new net.Socket().setTimeout(1, 1 as never),
  'write(null)': (net) => new net.Socket().write(null as never),
  'write(1)': (net) => new net.Socket().write(1 as never),
  'setDefaultAutoSelectFamily(1)': (net) => net.setDefaultAutoSelectFamily(1 as never),
}
for (const port of PORTS) {
  if (port !== null && port !== undefined && port !== '')
    calls[`listen({ port: ${kind(port)} })`] = (net) => net.createServer().listen({ port } as never)
  calls[`connect({ port: ${kind(port)} })`] = (net) =>
    net
      .connect({ port, host: '127.0.0.1' } as never)
      .on('error', () => {})
      .destroy()
}
for (const value of OTHERS) {
  const options = { port: 1, host: '127.0.0.1' }
  for (const name of ['localAddress', 'localPort', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout'])
    calls[`connect({ ${name}: ${kind(value)} })`] = (net) =>
      net
        .connect({ ...options, [name]: value } as never)
        .on('error', () => {})
        .destroy()
  for (const name of ['lookup', 'hints', 'family'])
    calls[`connect to a name({ ${name}: ${kind(value)} })`] = (net) =>
      net
        .connect({ port: 1, host: 'localhost', [name]: value } as never)
        .on('error', () => {})
        .destroy()
  for (const name of ['keepAliveInitialDelay', 'signal', 'onread', 'allowHalfOpen'])
    calls[`Socket({ ${name}: ${kind(value)} })`] = (net) =>
      new net.Socket({ [name]: value } as never).destroy()
  for (const name of ['keepAliveInitialDelay', 'highWaterMark', 'allowHalfOpen', 'pauseOnConnect'])
    calls[`createServer({ ${name}: ${kind(value)} })`] = (net) => net.createServer({ [name]: value } as never)
  calls[`listen({ signal: ${kind(value)} })`] = (net) =>
    net
      .createServer()
      .listen({ port: 0, host: '127.0.0.1', signal: value } as never)
      .on('error', () => {})
      .close()
}
for (const fd of [-1, 1.5, 'x', {}])
  calls[`Socket({ fd: ${kind(fd)} })`] = (net) => new net.Socket({ fd } as never)

function kind(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function'
    ? (JSON.stringify(value) ?? 'function')
    : `${typeof value} ${String(value)}`
}

test.each(Object.entries(calls))('%s throws what the real net throws', (_, call) => {
  expect(thrownBy(() => call(node.net))).toBe(thrownBy(() => call(nodeNet)))
})

test('listen twice throws, and again after close it does not', () => {
  for (const net of [nodeNet, node.net] as AnyNet[]) {
    const server = net.createServer().listen(0)
    expect(thrownBy(() => server.listen(0))).toBe(
      'Error ERR_SERVER_ALREADY_LISTEN Listen method has been called more than once without closing.',
    )
    server.close()
    expect(thrownBy(() => server.listen(0).close())).toBe('nothing')
  }
})
