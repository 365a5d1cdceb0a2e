import { createHash, X509Certificate } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { connect } from 'node:tls'
import type { Connection, PeerCertificate } from '@astranet/interface'
import { tcp, type TcpOptions } from '@astranet/transport-tcp'
import { describe, expect, it } from 'vitest'
import {
  anonymousTls,
  clientTls,
  closeAll,
  listening,
  memberTls,
  portOf,
  strangerTls,
  turnsUntil,
} from './support.js'

interface Ends {
  readonly dialed: Connection
  readonly accepted: Connection
}

interface PipeOptions {
  readonly server: TcpOptions
  readonly client: TcpOptions
  readonly network?: string
  /** Where to listen. */
  readonly address?: string
  /** What to dial in place of the listener's own host. */
  readonly host?: string
}

/** Runs `body` with the two ends of a connection between `server` and `client`. */
async function withPipe(
  { server, client, network = 'tcp4', address, host }: PipeOptions,
  body: (ends: Ends) => void | Promise<void>,
): Promise<void> {
  const { listener, accepted } = await listening(tcp(server), network, address)
  const to = host === undefined ? listener.address : `${host}:${portOf(listener.address)}`
  const dialed = await tcp(client).dial(network, to)
  await turnsUntil(() => accepted.length === 1)
  await body({ dialed, accepted: accepted[0] as Connection })
  await closeAll([dialed, ...accepted])
  await listener.close()
}

function certificateOf({ cert }: { readonly cert?: unknown }): PeerCertificate {
  const { raw, subject } = new X509Certificate(cert as string)
  const digest = createHash('sha256').update(raw).digest('hex').toUpperCase()
  return {
    der: new Uint8Array(raw),
    fingerprint256: digest.match(/../g)?.join(':') ?? '',
    subject,
  }
}

/** An address of this machine that others can reach, if it has one. */
const outerAddress = Object.values(networkInterfaces())
  .flat()
  .find((found) => found?.internal === false && found.family === 'IPv4')?.address

describe('the security of a connection', () => {
  it.each(['tcp4', 'unix'])('has the certificate of each peer, over %s', async (network) => {
    await withPipe({ server: { tls: memberTls }, client: { tls: clientTls }, network }, (ends) => {
      expect(ends.dialed.security?.certificate).toEqual(certificateOf(memberTls))
      expect(ends.accepted.security?.certificate).toEqual(certificateOf(clientTls))
    })
  })

  it('has no certificate of a client that was asked for none', async () => {
    const server = { tls: { ...memberTls, requestCert: false } }
    await withPipe({ server, client: { tls: clientTls } }, ({ dialed, accepted }) => {
      expect(accepted.security?.certificate).toBeUndefined()
      expect(dialed.security?.certificate).toBeDefined()
    })
  })

  it('has no certificate that is not trusted, and an exporter all the same', async () => {
    const lax = { rejectUnauthorized: false }
    const server = { tls: { ...memberTls, ...lax } }
    const client = {
      tls: { ...anonymousTls, ...lax, key: strangerTls.key ?? '', cert: strangerTls.cert ?? '' },
    }
    await withPipe({ server, client }, ({ accepted }) => {
      expect(accepted.security?.certificate).toBeUndefined()
      expect(accepted.security?.exportKeyingMaterial?.(32, 'EXPORTER-test')).toHaveLength(32)
    })
    await withPipe({ server: { tls: { ...strangerTls, ...lax } }, client }, ({ dialed }) => {
      expect(dialed.security?.certificate).toBeUndefined()
      expect(dialed.security?.exportKeyingMaterial?.(32, 'EXPORTER-test')).toHaveLength(32)
    })
  })

  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'exports what node:tls exports, or nothing: %s',
    async (maxVersion) => {
      const { listener, accepted } = await listening(tcp({ tls: memberTls }))
      const context = { ...clientTls, maxVersion, ALPNProtocols: ['astranet-1-qx02'] }
      const socket = connect({ port: portOf(listener.address), host: '127.0.0.1', ...context })
      await new Promise((resolve) => socket.once('secureConnect', resolve))
      await turnsUntil(() => accepted.length === 1)
      const exported = accepted[0]?.security?.exportKeyingMaterial?.(48, 'EXPORTER-test')
      const expected = new Uint8Array(socket.exportKeyingMaterial(48, 'EXPORTER-test', undefined as never))
      expect(exported).toEqual(maxVersion === 'TLSv1.3' ? expected : undefined)
      socket.destroy()
      await closeAll(accepted)
      await listener.close()
    },
  )

  it('has no exporter and no certificate without TLS', async () => {
    await withPipe({ server: {}, client: {} }, ({ dialed, accepted }) => {
      for (const end of [dialed, accepted])
        expect(end.security).toEqual({
          isPrivate: true,
          ends: { local: end.localAddress, remote: end.remoteAddress },
        })
    })
  })

  it.each([
    ['tcp6', '[::1]:0', '[::1]', '::1'],
    ['tcp', '[::]:0', '127.0.0.1', '::ffff:127.0.0.1'],
  ])('is private on loopback: %s, listening on %s, dialed as %s', async (network, address, host, seen) => {
    await withPipe({ server: {}, client: {}, network, address, host }, ({ dialed, accepted }) => {
      expect(accepted.remoteAddress).toContain(seen)
      for (const end of [dialed, accepted])
        expect(end.security).toEqual({
          isPrivate: true,
          ends: { local: end.localAddress, remote: end.remoteAddress },
        })
    })
  })

  it.skipIf(outerAddress === undefined)(
    `is not private on an address that others can reach (this machine has ${outerAddress ?? 'none: skipped'})`,
    async () => {
      const address = `${outerAddress}:0`
      await withPipe({ server: {}, client: {}, address }, ({ dialed, accepted }) => {
        for (const end of [dialed, accepted]) expect(end.security).toEqual({ isPrivate: false })
      })
    },
  )
})
