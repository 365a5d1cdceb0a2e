import type { ByteDuplex } from '@astranet/interface'
import { expect, test } from 'vitest'
import { memoryPipe, type MemoryEnd } from './support/memory-pipe.js'
import { Dials, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

const RTT_MS = 100

/** An end whose writes take half a round trip. */
function farEnd(end: MemoryEnd, clock: VirtualClock): ByteDuplex {
  const late = (act: () => void): void => void clock.setTimer(RTT_MS / 2, act)
  const security = end.security
  return {
    ...{ capabilities: end.capabilities, security, bufferedBytes: 0 },
    ...{ localAddress: end.localAddress, remoteAddress: end.remoteAddress },
    handle: (handler) => end.handle(handler),
    writev: (chunks) => {
      const copies = chunks.map((chunk) => chunk.slice())
      late(() => end.writev(copies))
      return true
    },
    pause: () => end.pause(),
    resume: () => end.resume(),
    end: () => late(() => end.end()),
    abort: (reason) => end.abort(reason),
  }
}

test.each([
  ['without a secret', {}],
  ['with a secret', { psk: new Uint8Array(32).fill(9) }],
  ['encrypted', { encryption: 'always' as const }],
])(
  'a link over TCP opens after 2.5 round trips, %s, and the first dial arrives after 3.5',
  async (_, options) => {
    const clock = new VirtualClock()
    const [left, right] = memoryPipe(clock)
    const opened = { dialer: 0, acceptor: 0 }
    let arrived = 0
    const common = { clock, ...options }
    const dialer = new Side(farEnd(left, clock), { id: 1n, role: 'dialer', ...common })
    const acceptor = new Side(farEnd(right, clock), { id: 2n, role: 'acceptor', ...common })
    dialer.onOpen = () => (opened.dialer = clock.now())
    acceptor.onOpen = () => (opened.acceptor = clock.now())
    acceptor.onStream = () => (arrived = clock.now())
    // TCP: the dialer is connected after one round trip, and its acknowledgement takes half of another one.
    await clock.pass(RTT_MS)
    dialer.link.start()
    dialer.link.dial(
      {
        kind: 'dial',
        port: 1,
        sourceNode: undefined,
        sourcePort: 0,
        service: undefined,
        environment: undefined,
      },
      new Dials(),
    )
    await clock.pass(RTT_MS / 2)
    acceptor.link.start()
    await clock.pass(5 * RTT_MS)
    expect({ ...opened, arrived }).toEqual({
      acceptor: 2.5 * RTT_MS,
      // The dialer waits for the acceptor's decision: a link that is open is never refused.
      dialer: 3 * RTT_MS,
      arrived: 3.5 * RTT_MS,
    })
  },
)
