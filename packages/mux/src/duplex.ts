export { StreamDuplex, toDuplex } from './io/duplex.js'
export type { DuplexOptions } from './io/duplex-options.js'
