import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Lab, type Host, type Network } from '../../../../tooling/test-support/netns/lab.js'
import type { LineOptions } from '../../../../tooling/test-support/netns/line.js'
import type { NatOptions } from '../../../../tooling/test-support/netns/nat-rules.js'
import type { NodeProcess } from '../../../../tooling/test-support/netns/node-process.js'
import type { PuncherCalls } from './puncher.js'

const SCRIPT = new URL('puncher.ts', import.meta.url)

/** As on a line of a city: without a delay no two SYNs would cross. */
const LINE = { delayMs: 5 }

type Puncher = NodeProcess<PuncherCalls>

/** How two sides open at once. */
interface Opening {
  /** The observer's address. */
  readonly host?: string
  /** How much later the second side begins, in ms. */
  readonly skewMs?: number
  readonly timeoutMs?: number
}

describe('punching through NATs', () => {
  let lab: Lab
  let observer: { host: string; host6: string; port: number }

  beforeAll(async () => {
    lab = new Lab()
    const host = await lab.host('observer')
    const port = await puncherIn(host).call('observe')
    observer = { host: host.address, host6: host.address6, port }
  })

  afterAll(() => lab[Symbol.asyncDispose]())

  function puncherIn(host: Host): Puncher {
    return lab.start<PuncherCalls>(host, SCRIPT)
  }

  /** A host behind a NAT. */
  async function behind(nat: NatOptions, network: Network = lab, line: LineOptions = LINE): Promise<Puncher> {
    const gateway = await network.gateway('gateway', { nat, line })
    return puncherIn(await gateway.host('inside'))
  }

  function seen(puncher: Puncher, host = observer.host): ReturnType<PuncherCalls['ask']> {
    return puncher.call('ask', { host, port: observer.port })
  }

  /** Both open at once, each towards the address that the observer saw of the other. */
  async function openBoth(one: Puncher, other: Puncher, options: Opening = {}) {
    const { host = observer.host, skewMs = 0, timeoutMs = 5_000 } = options
    const [first, second] = await Promise.all([seen(one, host), seen(other, host)])
    const common = { way: 'simultaneous', timeoutMs } as const
    return await Promise.all([
      one.call('punch', { ...common, localPort: first.localPort, remote: second.observed, isChooser: true }),
      other.call('punch', {
        ...{ ...common, localPort: second.localPort, remote: first.observed, isChooser: false },
        delayMs: skewMs,
      }),
    ])
  }

  it('a port that was bound keeps its mapping towards another address, where the NAT keeps ports', async () => {
    const inside = await behind({ ports: 'preserving' })
    const { localPort, observed } = await seen(inside)
    expect(observed.port).toBe(localPort)
  })

  it('a NAT with random ports shows another port for each connection', async () => {
    const inside = await behind({ ports: 'random' })
    const ports = [(await seen(inside)).observed.port, (await seen(inside)).observed.port]
    expect(new Set(ports).size).toBe(2)
  })

  it.each([
    ['both drop what nobody asked for', 'drop', 'drop'],
    ['one refuses it', 'drop', 'reset'],
    ['both refuse it', 'reset', 'reset'],
  ] as const)('two sides behind NATs that keep ports open at once: %s', async (_name, first, second) => {
    const one = await behind({ unsolicited: first })
    const other = await behind({ unsolicited: second })
    const results = await openBoth(one, other)
    report(results)
    for (const { elapsedMs } of results) expect(elapsedMs).toBeGreaterThan(0)
  })

  it('two sides open at once when one begins 300 ms later, and both NATs refuse', async () => {
    const results = await openBoth(
      await behind({ unsolicited: 'reset' }),
      await behind({ unsolicited: 'reset' }),
      { skewMs: 300, timeoutMs: 20_000 },
    )
    report(results)
    for (const { elapsedMs } of results) expect(elapsedMs).toBeGreaterThan(0)
  })

  it('two sides open at once over a line that loses a fifth of the packets', async () => {
    const line = { ...LINE, loss: 0.2 }
    const results = await openBoth(await behind({}, lab, line), await behind({}), { timeoutMs: 20_000 })
    report(results)
    for (const { elapsedMs } of results) expect(elapsedMs).toBeGreaterThan(0)
  })

  it('two sides open at once through two NATs each', async () => {
    const outer = await lab.gateway('carrier', { line: LINE })
    const results = await openBoth(await behind({}, outer), await behind({}))
    report(results)
    for (const { elapsedMs } of results) expect(elapsedMs).toBeGreaterThan(0)
  })

  it('two sides open at once through firewalls of IPv6', async () => {
    const sides: Puncher[] = []
    for (let i = 0; i < 2; i++) {
      const gateway = await lab.gateway('six', { nat: { ports: 'none' }, families: 'six', line: LINE })
      sides.push(puncherIn(await gateway.host('inside')))
    }
    const results = await openBoth(sides[0] as Puncher, sides[1] as Puncher, { host: observer.host6 })
    report(results)
    for (const { elapsedMs } of results) expect(elapsedMs).toBeGreaterThan(0)
  })

  it.each([
    ['drops', 'drop'],
    ['refuses', 'reset'],
  ] as const)(
    '256 ports meet 2,000 tries where one NAT has random ports and the other %s',
    async (_, unsolicited) => {
      const random = await behind({ ports: 'random' })
      const strict = await behind({ unsolicited })
      const [hidden, known] = await Promise.all([seen(random), seen(strict)])
      const common = { timeoutMs: 5_000, localPort: known.localPort }
      const results = await Promise.all([
        strict.call('punch', { ...common, way: 'try', remote: hidden.observed, isChooser: true }),
        random.call('punch', {
          ...common,
          way: 'many',
          remote: known.observed,
          isChooser: false,
          budget: 2_000,
        }),
      ])
      report(results)
      for (const { elapsedMs } of results) expect(elapsedMs).toBeGreaterThan(0)
    },
  )

  it('where both NATs have random ports nothing is opened, and the SYNs stay within their number', async () => {
    const one = await behind({ ports: 'random' })
    const other = await behind({ ports: 'random' })
    const [first, second] = await Promise.all([seen(one), seen(other)])
    const [tried, many] = await Promise.all([
      one.call('punch', {
        way: 'try',
        localPort: first.localPort,
        remote: second.observed,
        timeoutMs: 3_000,
        isChooser: true,
      }),
      other.call('punch', {
        way: 'many',
        localPort: 1,
        remote: first.observed,
        timeoutMs: 3_000,
        isChooser: false,
        budget: 2_000,
      }),
    ])
    expect(tried).toEqual({ elapsedMs: -1, syns: 2_000 })
    expect(many).toEqual({ elapsedMs: -1, syns: 256 })
  })
})

function report(results: readonly { elapsedMs: number; syns: number }[]): void {
  const text = results.map(({ elapsedMs, syns }) => `${elapsedMs.toFixed(0)} ms, ${syns} SYNs`).join(' | ')
  process.stdout.write(`${expect.getState().currentTestName}: ${text}\n`)
}
