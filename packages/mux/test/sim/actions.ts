import type { Probe } from './probe.js'
import { must } from './sim-failure.js'
import type { Side } from './side.js'

interface Action {
  readonly weight: number
  readonly name: string
  run(side: Side): void
}

/** What an application does of its own accord, and how often. */
const ACTIONS: readonly Action[] = [
  { weight: 12, name: 'open', run: (side) => void side.openStream(false) },
  { weight: 6, name: 'open one way', run: (side) => void side.openStream(true) },
  { weight: 50, name: 'write', run: (side) => write(side) },
  { weight: 10, name: 'end', run: (side) => onSender(side, (probe) => probe.end()) },
  {
    weight: 2,
    name: 'reset',
    run: (side) => onSender(side, (probe) => probe.reset(side.random.integer(0, 99))),
  },
  { weight: 2, name: 'resetAt', run: (side) => onSender(side, (probe) => resetAt(side, probe)) },
  {
    weight: 2,
    name: 'stop',
    run: (side) => onReader(side, (probe) => probe.stopSending(side.random.integer(0, 99))),
  },
  {
    weight: 2,
    name: 'destroy',
    run: (side) => onAny(side, (probe) => probe.destroy(side.random.integer(0, 99))),
  },
  {
    weight: 3,
    name: 'close',
    run: (side) => onAny(side, (probe) => probe.close(side.random.integer(0, 99))),
  },
  { weight: 3, name: 'widen', run: (side) => onReader(side, (probe) => probe.stream.widen()) },
  { weight: 4, name: 'pause', run: (side) => onReader(side, (probe) => probe.stream.pause()) },
  { weight: 6, name: 'resume', run: (side) => onReader(side, (probe) => probe.stream.resume()) },
  { weight: 4, name: 'consume', run: (side) => onReader(side, (probe) => probe.consume(true)) },
  {
    weight: 4,
    name: 'urgency',
    run: (side) => onSender(side, (probe) => void (probe.stream.urgency = side.random.integer(0, 7))),
  },
  { weight: 4, name: 'datagram', run: (side) => datagram(side) },
  { weight: 2, name: 'ping', run: (side) => ping(side) },
]

const TOTAL = ACTIONS.reduce((sum, { weight }) => sum + weight, 0)

/** Does one thing. */
export function act(side: Side): void {
  let at = side.random.float() * TOTAL
  for (const action of ACTIONS) {
    at -= action.weight
    if (at >= 0) continue
    action.run(side)
    return
  }
}

function write(side: Side): void {
  const { random, parts } = side
  onSender(side, (probe) => {
    const left = parts.plan.bytes - side.writtenBytes
    const most = Math.min(parts.plan.maxWriteBytes, left)
    // Now and then one writes on although it was told to wait.
    if (most < 1 || (probe.isWriteBlocked && !random.chance(0.05))) return
    const bytes = random.chance(0.2) ? most : random.integer(1, most)
    side.log(() => `${probe.name}: write ${bytes}`)
    side.writtenBytes += bytes
    probe.write(bytes, random.chance(0.5))
  })
}

function resetAt(side: Side, probe: Probe): void {
  const { stream } = probe
  if (!side.core.peer.resetStreamAt || probe.outgoing.isReset) return
  const size = side.random.integer(0, stream.sendOffset + stream.bufferedBytes)
  side.log(() => `${probe.name}: reset at ${size}`)
  probe.resetAt(size, 7)
}

function datagram(side: Side): void {
  const { core, random, parts } = side
  const { maxDatagramBytes } = core
  if (maxDatagramBytes < 4 || core.isClosing) return
  const payload = new Uint8Array(random.integer(4, Math.min(maxDatagramBytes, parts.plan.maxWriteBytes + 4)))
  new DataView(payload.buffer).setUint32(0, parts.datagrams.out.sent)
  if (core.sendDatagram(payload)) parts.datagrams.out.sent += 1
}

function ping(side: Side): void {
  if (side.core.isClosing) return
  side.core.liveness.requestPing(side.core.now)
  side.core.wake()
}

function onSender(side: Side, use: (probe: Probe) => void): void {
  onAny(side, (probe) => {
    if (!probe.stream.canSend) return
    const isDone =
      probe.outgoing.isEnded || probe.outgoing.isReset || probe.outgoing.reliableSize !== undefined
    // What comes after an end is to be harmless, and is tried less often.
    if (!isDone || (side.random.chance(0.1) && !probe.outgoing.isEnded)) use(probe)
  })
}

function onReader(side: Side, use: (probe: Probe) => void): void {
  onAny(side, (probe) => {
    if (probe.stream.canReceive) use(probe)
  })
}

function onAny(side: Side, use: (probe: Probe) => void): void {
  if (side.open.size === 0) return
  const probe = side.random.pick([...side.open])
  must(probe !== undefined, 'an application has a stream')
  use(probe)
}
