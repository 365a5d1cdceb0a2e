export { StreamDuplex, toDuplex } from './io/duplex/duplex.js'
export type { DuplexOptions } from './io/duplex/duplex-options.js'
