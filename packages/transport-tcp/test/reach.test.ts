import { expect, test } from 'vitest'
import { tcp, type TcpOptions } from '../src/index.js'
import { memberTls } from './support.js'

test.each<[string, TcpOptions, string, string, { isAuthenticated: boolean; isLocal: boolean }]>([
  ['nothing', {}, 'tcp4', '0.0.0.0:0', { isAuthenticated: false, isLocal: false }],
  ['nothing on loopback', {}, 'tcp4', '127.0.0.1:0', { isAuthenticated: false, isLocal: true }],
  ['nothing on a Unix socket', {}, 'unix', '*', { isAuthenticated: false, isLocal: true }],
  ['mutual TLS', { tls: memberTls }, 'tcp4', '0.0.0.0:0', { isAuthenticated: true, isLocal: false }],
  [
    'TLS that asks for no certificate',
    { tls: { ...memberTls, requestCert: false } },
    'tcp4',
    '0.0.0.0:0',
    { isAuthenticated: false, isLocal: false },
  ],
  [
    'TLS that takes any certificate',
    { tls: { ...memberTls, rejectUnauthorized: false } },
    'tcp4',
    '0.0.0.0:0',
    { isAuthenticated: false, isLocal: false },
  ],
])('a listener with %s says who can reach it', async (_, options, network, address, facts) => {
  const listener = await tcp(options).listen(network, address, { onConnection() {} })
  expect({ isAuthenticated: listener.isAuthenticated, isLocal: listener.isLocal }).toEqual(facts)
  await listener.close()
})
