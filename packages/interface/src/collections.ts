export { FifoQueue } from './fifo-queue.js'
export { LinkedList } from './linked-list.js'
export type { Linked } from './linked-list.js'
