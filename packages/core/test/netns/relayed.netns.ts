import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inside, ipBatch } from '../../../../tooling/test-support/netns/commands.js'
import { systemClock } from '@astranet/interface'
import { Reach, type Started } from './reach.js'

/** A join tries again at the latest this long after it has failed, in ms, and an attempt takes at most 10 s. */
const REJOIN_MS = 40_000

describe('two nodes behind two NATs that stay on their router', () => {
  let reach: Reach
  let one: Started
  let other: Started
  /** The gateway of `one`. */
  let namespace: string

  beforeEach(async () => {
    reach = await Reach.make()
    const gates = [await reach.lab.gateway('one'), await reach.lab.gateway('other')] as const
    namespace = gates[0].namespace
    one = await reach.node(await gates[0].host('inside'), { holePunching: false })
    other = await reach.node(await gates[1].host('inside'), { holePunching: false })
  }, 240_000)

  afterEach(() => reach[Symbol.asyncDispose]())

  it('find each other by name, and dial both ways', async () => {
    expect((await one.node.call('dial', other.service)).path.kind).toBe('relay')
    expect((await other.node.call('dial', one.service)).path.kind).toBe('relay')
    expect((await reach.router.node.call('forwarding')).tunnels).toBe(1)
  })

  it('send 1 GiB that arrives as it was', async () => {
    await other.node.call('serveHash', 'hash')
    const sent = await one.node.call('pour', { name: 'hash', pieces: 16_384 })
    expect(sent.theirs).toBe(sent.own)
    expect(sent.path.kind).toBe('relay')
    report(`1 GiB: ${(1_024 / (sent.elapsedMs / 1_000)).toFixed(0)} MiB/s`)
    const { tunnels } = await reach.router.node.call('forwarding')
    expect(tunnels).toBe(1)
  })

  it('have 10,000 streams in one tunnel, over one TCP connection of each node', async () => {
    const { paths, elapsedMs } = await one.node.call('dialMany', { name: other.service, count: 10_000 })
    expect(paths).toEqual(['relay'])
    report(`10,000 streams: ${elapsedMs.toFixed(0)} ms`)
    expect((await reach.router.node.call('forwarding')).tunnels).toBe(1)
    for (const { host } of [one, other]) {
      const connections = inside(host.namespace, 'ss', '-Htn', 'state', 'established').trim().split('\n')
      expect(connections).toHaveLength(1)
    }
    await one.node.call('closeMany')
  })

  it.each([
    ['it was started again', 'same'],
    ['another one has its address', 'other'],
  ] as const)('dial each other again after the router was killed and %s', async (what, identity) => {
    await one.node.call('dial', other.service)
    await reach.killRouter()
    await reach.restartRouter(identity)
    await dialsAgain(`router killed, and ${what}`)
  })

  it('dial each other again after the address of one has changed', async () => {
    await one.node.call('dial', other.service)
    const { namespace: inside, address, device } = one.host
    ipBatch(inside, [
      `addr del ${address}/24 dev ${device}`,
      `addr add ${changed(address)}/24 dev ${device}`,
      `route add default via ${gatewayOf(address)}`,
    ])
    await dialsAgain('address changed')
  })

  it('dial each other again after the cable of one was pulled for a minute', async () => {
    await one.node.call('dial', other.service)
    // At the switch: the host's side keeps its address, and loses the carrier.
    ipBatch(namespace, ['link set port2 down'])
    await new Promise<void>((resolve) => void systemClock.setTimer(60_000, resolve))
    ipBatch(namespace, ['link set port2 up'])
    await dialsAgain('cable put back')
  })

  /** Dials until a dial succeeds; each one waits for the router by itself. */
  async function dialsAgain(what: string): Promise<void> {
    const start = Date.now()
    await expect
      .poll(
        () =>
          one.node.call('dial', other.service).then(
            ({ atMs }) => atMs,
            () => undefined,
          ),
        {
          timeout: REJOIN_MS,
          interval: 100,
        },
      )
      .toBeDefined()
    report(`${what}: dialed again after ${Date.now() - start} ms`)
  }
})

/** Another address of the same network. */
function changed(address: string): string {
  return address.replace(/\d+$/, '77')
}

function gatewayOf(address: string): string {
  return address.replace(/\d+$/, '1')
}

function report(text: string): void {
  process.stdout.write(`${text}\n`)
}
