import type { SessionCore } from '../../src/proto/session/core.js'
import { FIRST_STREAM_WINDOW_BYTES } from '../../src/proto/receive/session-window.js'
import { SIZE_KNOWN } from '../../src/proto/stream/state.js'
import type { Stream } from '../../src/proto/stream/stream.js'
import { must } from './sim-failure.js'

/** What must hold of a core between any two calls. `streams`: those its application knows and that are not gone. */
export function checkCore(core: SessionCore, streams: Iterable<Stream>, name: string): void {
  if (core.isClosing) return
  const { receiveWindow, sendWindow } = core
  const { capBytes, received, consumed, limit, overheadBytes } = receiveWindow
  must(consumed <= received, () => `${name}: ${consumed} bytes consumed of ${received} received`)
  must(received <= limit, () => `${name}: ${received} bytes received above MAX_DATA ${limit}`)
  must(overheadBytes >= 0, () => `${name}: the overhead is ${overheadBytes} bytes`)
  const promised = received - consumed + receiveWindow.outstandingBytes
  must(promised <= capBytes, () => `${name}: unread bytes and credit are ${promised}, above C = ${capBytes}`)
  must(sendWindow.sent <= sendWindow.limit, () => `${name}: sent ${sendWindow.sent}, above MAX_DATA`)
  const sums = checkStreams(streams, name)
  must(sums.growth <= capBytes / 2, () => `${name}: the growth pool holds ${sums.growth}, above C/2`)
  must(
    sums.growth === receiveWindow.growthBytes,
    () => `${name}: the growth pool says ${receiveWindow.growthBytes}, its streams ${sums.growth}`,
  )
  must(
    sums.sending === core.sendBufferedBytes,
    () => `${name}: ${core.sendBufferedBytes} bytes count as waiting, ${sums.sending} do`,
  )
  must(
    sums.overhead === overheadBytes,
    () => `${name}: the overhead says ${overheadBytes}, its streams ${sums.overhead}`,
  )
}

/** What must hold when no stream is open on either side and nothing is under way. */
export function checkAtRest(core: SessionCore, name: string): void {
  const { receiveWindow } = core
  must(core.streams.size === 0, () => `${name}: ${core.streams.size} streams are left`)
  must(
    receiveWindow.received === receiveWindow.consumed,
    () => `${name}: ${receiveWindow.received - receiveWindow.consumed} bytes of credit are lost`,
  )
  must(receiveWindow.overheadBytes === 0, () => `${name}: ${receiveWindow.overheadBytes} bytes of overhead`)
  must(receiveWindow.growthBytes === 0, () => `${name}: ${receiveWindow.growthBytes} bytes left in the pool`)
  must(core.sendBufferedBytes === 0, () => `${name}: ${core.sendBufferedBytes} bytes count as waiting`)
  must(core.scheduler.take(false) === undefined, () => `${name}: a stream is scheduled that is gone`)
  must([...core.unread.list()].length === 0, () => `${name}: a stream counts as unread that is gone`)
}

interface Sums {
  growth: number
  sending: number
  overhead: number
}

function checkStreams(streams: Iterable<Stream>, name: string): Sums {
  const sums = { growth: 0, sending: 0, overhead: 0 }
  for (const stream of streams) {
    sums.growth += growthOf(stream)
    sums.sending += stream.bufferedBytes
    const queue = stream.receiveQueue
    if (queue !== undefined) sums.overhead += queue.heldBytes - queue.bytes
    const { receiveOffset, receiveLimit, sendOffset, sendLimit, consumed } = stream
    must(receiveOffset <= receiveLimit, () => `${name}: stream ${stream.id} received above its limit`)
    must(sendOffset <= sendLimit, () => `${name}: stream ${stream.id} sent above its limit`)
    must(consumed <= receiveOffset, () => `${name}: stream ${stream.id} consumed more than it received`)
  }
  return sums
}

function growthOf(stream: Stream): number {
  if ((stream.state & SIZE_KNOWN) !== 0) return 0
  return Math.max(0, stream.receiveLimit - stream.consumed - FIRST_STREAM_WINDOW_BYTES)
}
