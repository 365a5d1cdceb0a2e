import { formatNodeId } from '@astranet/core'
import { describe, expect, test } from 'vitest'
import { openStream } from './open-stream.js'
import { RelayProcess } from './relay-process.js'
import { failure, user } from './support.js'

describe.runIf(process.platform !== 'win32')('a relay that is asked to leave', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with code 0 on %s when no stream is open',
    async (signal) => {
      const relay = await RelayProcess.listening()
      const client = user()
      await client.join('tcp', await relay.address())
      relay.process.kill(signal)
      const { exitCode, stderr } = await relay.outcome
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(await relay.event('leaving')).toMatchObject({ signal, drainMs: 30_000 })
      expect(await relay.event('left-network')).toMatchObject({ level: 'info' })
      expect(await relay.event('left', { node: formatNodeId(client.nodeId) })).toMatchObject({ code: 'none' })
    },
  )

  test('lets an open stream end, takes nothing new meanwhile, and ends with code 0', async () => {
    const relay = await RelayProcess.listening()
    const [address, admin] = [await relay.address(), await relay.admin()]
    const stream = await openStream(address)
    relay.process.kill('SIGTERM')
    await stream.goAway
    const ready = await fetch(`${admin}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([503, 'draining\n'])
    expect((await fetch(`${admin}/healthz`)).status).toBe(200)
    expect(await relay.status()).toMatchObject({ relay: { state: 'draining' }, counts: { links: 1 } })
    expect(await relay.metric('astranet_relay_ready')).toBe(0)
    expect(await failure(user().join('tcp', address))).toMatchObject({ code: 'ECONNREFUSED' })
    expect(relay.process.exitCode).toBe(null)
    stream.end()
    expect(await stream.closed).toBeUndefined()
    expect((await relay.outcome).exitCode).toBe(0)
  })

  test('ends a stream that stays open when the time of --drain is over', async () => {
    const relay = await RelayProcess.listening('--drain', '1')
    const stream = await openStream(await relay.address())
    relay.process.kill('SIGTERM')
    const { exitCode } = await relay.outcome
    expect(exitCode).toBe(0)
    expect((await relay.event('left-network'))['elapsedMs']).toBeGreaterThanOrEqual(1_000)
    await stream.closed
  })

  test('--drain 0 waits for nothing', async () => {
    const relay = await RelayProcess.listening('--drain', '0')
    await openStream(await relay.address())
    relay.process.kill('SIGTERM')
    expect((await relay.outcome).exitCode).toBe(0)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once on a second signal (%s, code %d)', async (signal, code) => {
    const relay = await RelayProcess.listening('--drain', '86400')
    const stream = await openStream(await relay.address())
    relay.process.kill('SIGTERM')
    await stream.goAway
    relay.process.kill(signal)
    expect((await relay.outcome).exitCode).toBe(code)
  })
})
