import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { expect, test } from 'vitest'
import { textOf, twoNodes } from './support.js'

/** A key and a certificate for it, as PEM. */
function selfSigned(): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'astranet-tls-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const args = [
    'req',
    '-x509',
    ...curve,
    '-days',
    '2',
    '-subj',
    '/CN=secret',
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ]
  const { status } = spawnSync('openssl', args)
  const pair =
    status === 0 ? { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') } : undefined
  rmSync(folder, { recursive: true })
  return pair
}

test('TLS runs over it, in both roles', async (context) => {
  const identity = selfSigned()
  if (identity === undefined) return context.skip('there is no openssl here to make a certificate with')
  await using nodes = await twoNodes()
  const listener = await nodes.server.bind('', 'secret', { allowHalfOpen: true })
  const server = tls.createServer(identity, (socket) => socket.pipe(socket))
  listener.on('connection', (socket) => server.emit('connection', socket))
  const socket = await nodes.client.dial('', 'secret', { allowHalfOpen: true })
  const secure = tls.connect({ socket, ca: identity.cert, servername: 'secret' })
  await once(secure, 'secureConnect')
  expect([secure.authorized, secure.encrypted]).toEqual([true, true])
  const text = 'x'.repeat(300_000)
  secure.end(text)
  expect((await textOf(secure)).length).toBe(text.length)
})
