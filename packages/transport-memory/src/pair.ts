import { AstraError, type ByteDuplex } from '@astranet/interface'
import { PairEnd } from '@astranet/interface/duplex-pair'
import { Flow } from './flow.js'
import { settingsOf, type MemoryPairOptions, type PairSettings } from './options.js'

/**
 * Two connected byte duplexes in one process: what one end writes the other one receives, in a later turn, in new
 * buffers.
 *
 * Back-pressure is real: `writev` returns `false` once more than `bufferBytes` are in flight, and `onDrain` comes when
 * they fit again. A clean end closes both ends once both were delivered; `abort` closes the peer with `ECONNRESET`.
 * Throws a `TypeError` or `RangeError` that names the option when one is out of range or not known.
 */
export function memoryPair(options: MemoryPairOptions = {}): [ByteDuplex, ByteDuplex] {
  return joinedEnds(settingsOf(options), 'a', 'b')
}

/** Two joined ends with their addresses. */
export function joinedEnds(settings: PairSettings, one: string, other: string): [PairEnd, PairEnd] {
  const { clock, halfClose } = settings
  // The bytes never leave the process.
  const common = { clock, capabilities: { halfClose }, security: { isPrivate: true } }
  const a = new PairEnd({ ...common, localAddress: one, remoteAddress: other })
  const b = new PairEnd({ ...common, localAddress: other, remoteAddress: one })
  const cut = (): void => {
    for (const end of [a, b])
      end.close(new AstraError('ECONNRESET', 'The connection was cut, as cutAfterBytes asks.'))
  }
  const forth = new Flow(settings, { sender: a, receiver: b, cut })
  const back = new Flow(settings, { sender: b, receiver: a, cut })
  a.join({ peer: b, out: forth, into: back })
  b.join({ peer: a, out: back, into: forth })
  return [a, b]
}
