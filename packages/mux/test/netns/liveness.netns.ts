import { describe, expect, it, type TestContext } from 'vitest'
import { network, type Network, type PathOptions } from './network.js'
import { PeerProcess, type SideOptions } from './peer-process.js'

/** The defaults promise that a dead peer is found in this time: a ping at least every 5 s, and 10 s for its answer. */
const FOUND_WITHIN_MS = 15_000

/** And in this time after a process that was stopped runs again. */
const FOUND_AFTER_WAKING_MS = 2_000

/** Timers may be late on a busy machine. */
const LENIENCY_MS = 2_000

const FAST = { bytesPerSecond: 125_000_000, delayMs: 50 }

/** 64 kbit/s. */
const SLOW = { bytesPerSecond: 8_000, delayMs: 50 }

interface Pair {
  readonly path: Network
  readonly dialer: PeerProcess
  readonly acceptor: PeerProcess
}

describe.concurrent('liveness', () => {
  it('a link that breaks is found dead within 15 s by both sides, idle or busy', async ({
    onTestFinished,
  }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, FAST)
    const idle = await connect({ path, dialer, acceptor }, {}, {})
    const busy = await connect({ path, dialer, acceptor }, {}, {})
    await dialer.call('pour', { connection: busy.dialed, streams: 1, shape: 'light' })
    await acceptor.call('measure', { ms: 2_000 })
    path.cut()
    const cutAtMs = Date.now()
    const ends = await Promise.all([
      dialer.call('over', { connection: idle.dialed }),
      dialer.call('over', { connection: busy.dialed }),
      acceptor.call('over', { connection: idle.accepted }),
      acceptor.call('over', { connection: busy.accepted }),
    ])
    for (const { code, atMs } of ends) {
      expect(code).toBe('ASTRA_ERR_PEER_DEAD')
      expect(atMs - cutAtMs).toBeLessThan(FOUND_WITHIN_MS + LENIENCY_MS)
    }
  })

  it('a link of 64 kbit/s that is full both ways is not taken for dead in a minute', async ({
    onTestFinished,
  }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, SLOW)
    const { dialed, accepted } = await connect({ path, dialer, acceptor }, {}, {})
    await dialer.call('pour', { connection: dialed, streams: 3, shape: 'light' })
    await acceptor.call('pour', { connection: accepted, streams: 3, shape: 'light' })
    const { bytes } = await acceptor.call('measure', { ms: 60_000 })
    expect(Math.max(...bytes)).toBeGreaterThan(10_000)
    expect(await sessionsOver(dialer, acceptor)).toEqual([false, false])
  })

  it('a link of 64 kbit/s that is full one way is not taken for dead in a minute', async ({
    onTestFinished,
  }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, SLOW)
    const { dialed } = await connect({ path, dialer, acceptor }, {}, {})
    await dialer.call('pour', { connection: dialed, streams: 3, shape: 'light' })
    await acceptor.call('measure', { ms: 60_000 })
    expect(await sessionsOver(dialer, acceptor)).toEqual([false, false])
  })

  it('a process that was stopped for a minute takes no peer for dead that kept answering', async ({
    onTestFinished,
  }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, FAST)
    const patient = { deadPeerTimeoutMs: 0 }
    const usual = await connect({ path, dialer, acceptor }, {}, patient)
    // A ping is nearly always under way here: every 40 ms or more often, on a round trip of 100 ms.
    const nervous = await connect(
      { path, dialer, acceptor },
      { keepAliveIntervalMs: 50, deadPeerTimeoutMs: 1_000 },
      patient,
    )
    await dialer.call('wait', { ms: 1_000 })
    dialer.kill('SIGSTOP')
    await acceptor.call('wait', { ms: 60_000 })
    dialer.kill('SIGCONT')
    for (const { dialed } of [usual, nervous]) {
      await dialer.call('exchange', { connection: dialed, bytes: 1_000_000 })
    }
    await dialer.call('wait', { ms: 3_000 })
    expect(await sessionsOver(dialer, acceptor)).toEqual([false, false, false, false])
  })

  it('a process that was stopped for a minute finds a peer that has gone meanwhile 2 s after waking', async ({
    onTestFinished,
  }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, FAST)
    const idle = await connect({ path, dialer, acceptor }, {}, {})
    const busy = await connect({ path, dialer, acceptor }, {}, {})
    await dialer.call('pour', { connection: busy.dialed, streams: 1, shape: 'light' })
    dialer.kill('SIGSTOP')
    // The peer's pings of this time wait in the buffers of the stopped process's system.
    await acceptor.call('wait', { ms: 7_000 })
    path.cut()
    await acceptor.call('wait', { ms: 53_000 })
    dialer.kill('SIGCONT')
    const wokeAtMs = Date.now()
    for (const { dialed } of [idle, busy]) {
      const { code, atMs } = await dialer.call('over', { connection: dialed })
      expect(code).toBe('ASTRA_ERR_PEER_DEAD')
      expect(atMs - wokeAtMs).toBeGreaterThan(FOUND_AFTER_WAKING_MS - 100)
      expect(atMs - wokeAtMs).toBeLessThan(FOUND_AFTER_WAKING_MS + LENIENCY_MS)
    }
  })

  it('a process that is stopped for good is found dead within 15 s', async ({ onTestFinished }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, FAST)
    const { accepted } = await connect({ path, dialer, acceptor }, {}, {})
    dialer.kill('SIGSTOP')
    const stoppedAtMs = Date.now()
    const { code, atMs } = await acceptor.call('over', { connection: accepted })
    expect(code).toBe('ASTRA_ERR_PEER_DEAD')
    expect(atMs - stoppedAtMs).toBeLessThan(FOUND_WITHIN_MS + LENIENCY_MS)
  })

  it('a peer that drips a record byte by byte is ended when the time for a record is over', async ({
    onTestFinished,
  }) => {
    const { path, dialer, acceptor } = await pair(onTestFinished, FAST)
    const recordTimeoutMs = 10_000
    const { port } = await acceptor.call('listen', { mode: 'session', limits: { recordTimeoutMs } })
    const { elapsedMs, sentBytes } = await dialer.call('drip', { host: path.address, port, intervalMs: 100 })
    expect(sentBytes).toBeGreaterThan(50)
    expect(elapsedMs).toBeGreaterThan(recordTimeoutMs - 100)
    expect(elapsedMs).toBeLessThan(recordTimeoutMs + LENIENCY_MS)
    const [session] = await acceptor.call('sessions')
    expect(session?.over).toMatchObject({ code: 'ASTRA_ERR_PEER_DEAD' })
    expect(session?.over?.message).toContain('record')
  })
})

/** Two processes with a path of their own between them, until the test's end. */
async function pair(onTestFinished: TestContext['onTestFinished'], options: PathOptions): Promise<Pair> {
  const path = await network(options)
  const [dialer, acceptor] = [new PeerProcess(path.a), new PeerProcess(path.b)]
  onTestFinished(async () => {
    await Promise.all([dialer[Symbol.asyncDispose](), acceptor[Symbol.asyncDispose]()])
    await path.dispose()
  })
  return { path, dialer, acceptor }
}

/** Connects a session; says which connection it is on either side. */
async function connect(
  { path, dialer, acceptor }: Pair,
  dialerLimits: SideOptions['limits'] & object,
  acceptorLimits: SideOptions['limits'] & object,
): Promise<{ dialed: number; accepted: number }> {
  const { port } = await acceptor.call('listen', { mode: 'session', limits: acceptorLimits })
  const { connection: dialed } = await dialer.call('dial', {
    mode: 'session',
    limits: dialerLimits,
    host: path.address,
    port,
  })
  // An answer means that the other side has taken the connection.
  await dialer.call('exchange', { connection: dialed, bytes: 1 })
  const accepted = (await acceptor.call('sessions')).length - 1
  return { dialed, accepted }
}

async function sessionsOver(...peers: PeerProcess[]): Promise<boolean[]> {
  const all = await Promise.all(peers.map((peer) => peer.call('sessions')))
  return all.flat().map(({ isClosing }) => isClosing)
}
