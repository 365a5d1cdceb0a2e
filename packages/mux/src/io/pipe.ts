import type { ByteDuplex } from '@astranet/interface'
import { fromNodeDuplex, type NodeDuplex } from '@astranet/interface/node-duplex'
import { fromWebStreams, type WebStreamPair } from '@astranet/interface/web-streams'

/** What a session can run on: an ordered, reliable pipe of bytes in one of three shapes. */
export type Pipe = ByteDuplex | NodeDuplex | WebStreamPair

/** `pipe` as a byte duplex. Throws a TypeError when it has none of the three shapes. */
export function toByteDuplex(pipe: Pipe): ByteDuplex {
  if (typeof pipe === 'object' && pipe !== null) {
    if ('writev' in pipe && 'handle' in pipe) return pipe
    if ('cork' in pipe && 'pause' in pipe) return fromNodeDuplex(pipe)
    if ('readable' in pipe && 'writable' in pipe) return fromWebStreams(pipe)
  }
  throw new TypeError(
    'pipe must be a ByteDuplex, a Node Duplex, or a pair { readable, writable } of Web Streams',
  )
}
