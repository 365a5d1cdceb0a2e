import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls, createServer } from 'node:tls'
import type { PipeSecurity } from '@astranet/interface'
import { ws, type WsOptions } from '@astranet/transport-ws'
import { describe, expect, it } from 'vitest'
import { closeAll, listening, portOf, serverTls, strangerTls, turnsUntil } from './support.js'

const LABEL = 'EXPORTER-test'

const pem = (name: string): string =>
  readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
const clientTls = { ...serverTls, key: pem('client.key'), cert: pem('client.cert') }

/** Runs `body` with the security that the dialed and the accepted end of a connection report. */
async function withSecurity(
  { network, server, client, address }: PipeOptions,
  body: (dialed: PipeSecurity | undefined, accepted: PipeSecurity | undefined) => void,
): Promise<void> {
  const { listener, accepted } = await listening(ws(server), network, address)
  const dialed = await ws(client ?? server).dial(network, listener.address)
  await turnsUntil(() => accepted.length === 1)
  body(dialed.security, accepted[0]?.security)
  await closeAll([dialed, ...accepted])
  await listener.close()
}

interface PipeOptions {
  readonly network: 'ws' | 'wss'
  readonly server: WsOptions
  /** Default: as `server`. */
  readonly client?: WsOptions
  readonly address?: string
}

function fingerprintOf({ cert }: { readonly cert?: unknown }): string {
  const hash = createHash('sha256').update(new X509Certificate(cert as string).raw)
  return hash.digest('hex').toUpperCase().match(/../g)?.join(':') ?? ''
}

/** An address of this machine that others can reach, if it has one. */
const outerAddress = Object.values(networkInterfaces())
  .flat()
  .find((found) => found?.internal === false && found.family === 'IPv4')?.address

/** Runs `body` with the port of a proxy that terminates TLS and passes on to `makeInside()` what is in it. */
async function behindProxy(makeInside: () => Socket, body: (port: number) => Promise<void>): Promise<void> {
  const { ca: _, ...tls } = serverTls
  const proxy = createServer(tls, (outside) => {
    const inside = makeInside()
    outside.on('error', () => inside.destroy()).pipe(inside)
    inside.on('error', () => outside.destroy()).pipe(outside)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  await body((proxy.address() as AddressInfo).port)
  await new Promise((resolve) => proxy.close(resolve))
}

describe('the security of a WebSocket', () => {
  it("has TLS's exporter at both ends of wss, and the server's certificate", async () => {
    await withSecurity({ network: 'wss', server: { tls: serverTls } }, (dialed, accepted) => {
      const exported = dialed?.exportKeyingMaterial?.(32, LABEL)
      expect(exported).toHaveLength(32)
      expect(accepted?.exportKeyingMaterial?.(32, LABEL)).toEqual(exported)
      expect(dialed?.certificate?.fingerprint256).toBe(fingerprintOf(serverTls))
      expect(accepted?.certificate).toBeUndefined()
    })
  })

  it("has the client's certificate where the server requests it", async () => {
    const server = { tls: { ...serverTls, requestCert: true } }
    await withSecurity({ network: 'wss', server, client: { tls: clientTls } }, (_, accepted) => {
      expect(accepted?.certificate?.fingerprint256).toBe(fingerprintOf(clientTls))
      expect(accepted?.certificate?.subject).toBe(new X509Certificate(clientTls.cert).subject)
    })
  })

  it('has no exporter over TLS 1.2', async () => {
    const server: WsOptions = { tls: { ...serverTls, maxVersion: 'TLSv1.2' } }
    await withSecurity({ network: 'wss', server }, (dialed, accepted) => {
      for (const end of [dialed, accepted]) expect(end?.exportKeyingMaterial).toBeUndefined()
      expect(dialed?.certificate).toBeDefined()
    })
  })

  it('has no certificate that is not trusted', async () => {
    const server = { tls: { ...strangerTls, rejectUnauthorized: false } }
    await withSecurity({ network: 'wss', server }, (dialed) => {
      expect(dialed).toMatchObject({ exportKeyingMaterial: expect.any(Function) })
      expect(dialed?.certificate).toBeUndefined()
    })
  })

  it('has no certificate where the environment lets in any', async () => {
    const { listener, accepted } = await listening(ws({ tls: strangerTls }), 'wss')
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const dialed = await ws()
      .dial('wss', listener.address)
      .finally(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
    expect(dialed.security?.certificate).toBeUndefined()
    await turnsUntil(() => accepted.length === 1)
    await closeAll([dialed, ...accepted])
    await listener.close()
  })

  it('has an exporter at the client only, behind a proxy that terminates TLS', async () => {
    const { listener, accepted } = await listening(ws())
    const inside = (): Socket => connect(portOf(listener.address), '127.0.0.1')
    await behindProxy(inside, async (port) => {
      const dialed = await ws({ tls: serverTls }).dial('wss', `127.0.0.1:${port}`)
      await turnsUntil(() => accepted.length === 1)
      expect(dialed.security?.exportKeyingMaterial?.(32, LABEL)).toHaveLength(32)
      expect(dialed.security?.certificate?.fingerprint256).toBe(fingerprintOf(serverTls))
      expect(accepted[0]?.security).toEqual({ isPrivate: true, ends: expect.anything() })
      await closeAll([dialed, ...accepted])
    })
    await listener.close()
  })

  it('has other keying material at each end, behind a proxy that uses TLS on both sides', async () => {
    const { listener, accepted } = await listening(ws({ tls: serverTls }), 'wss')
    const port = portOf(listener.address)
    const inside = (): Socket => connectTls({ port, host: '127.0.0.1', ca: serverTls.ca ?? [] })
    await behindProxy(inside, async (port) => {
      const dialed = await ws({ tls: serverTls }).dial('wss', `127.0.0.1:${port}`)
      await turnsUntil(() => accepted.length === 1)
      const ends = [dialed, ...accepted]
      const [one, other] = ends.map((end) => end.security?.exportKeyingMaterial?.(32, LABEL))
      expect([one?.length, other?.length]).toEqual([32, 32])
      expect(one).not.toEqual(other)
      await closeAll(ends)
    })
    await listener.close()
  })

  it('is private on loopback, with and without TLS', async () => {
    await withSecurity({ network: 'ws', server: {} }, (dialed, accepted) => {
      expect(dialed).toEqual({ isPrivate: true, ends: expect.anything() })
      const { local, remote } = dialed?.ends ?? {}
      expect(accepted).toEqual({ isPrivate: true, ends: { local: remote, remote: local } })
    })
    await withSecurity({ network: 'wss', server: { tls: serverTls } }, (dialed, accepted) => {
      for (const end of [dialed, accepted]) expect(end?.isPrivate).toBe(true)
    })
  })

  it.skipIf(outerAddress === undefined)(
    `is not private on an address that others can reach (this machine has ${outerAddress ?? 'none: skipped'})`,
    async () => {
      await withSecurity({ network: 'ws', server: {}, address: `${outerAddress}:0` }, (dialed, accepted) => {
        for (const end of [dialed, accepted]) expect(end).toEqual({ isPrivate: false })
      })
    },
  )
})
