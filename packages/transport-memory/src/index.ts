export { memory } from './memory.js'
export type { MemoryOptions } from './memory.js'
export { memoryPair } from './pair.js'
export type { MemoryPairOptions } from './options.js'
