export { DEFAULT_DIAL_TIMEOUT_MS, checkDialTimeout } from './dial-timeout.js'
export { DrainCounter } from './drain-counter.js'
export { isLoopback } from './loopback.js'
