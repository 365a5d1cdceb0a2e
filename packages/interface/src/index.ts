export { onAbort } from './abort.js'
export { AstraError, toError } from './errors.js'
export { concatBytes } from './concat-bytes.js'
export type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from './byte-duplex.js'
export type { PeerCertificate, PipeEnds, PipeSecurity } from './pipe-security.js'
export type { Clock, Timer, TimerOptions } from './clock.js'
export { checkMemoryUse } from './memory-use.js'
export type { MemoryUse } from './memory-use.js'
export { systemClock } from './system-clock.js'
export type { Connection, DialOptions, ListenOptions, Transport, TransportListener } from './transport.js'
export {
  formatNodeId,
  isNodeIdText,
  nodeIdFromBytes,
  nodeIdToBytes,
  parseNodeId,
  toNodeId,
} from './node-id.js'
export type { NodeId } from './node-id.js'
export {
  MAX_ENVIRONMENT_BYTES,
  MAX_PORT,
  MAX_SERVICE_NAME_BYTES,
  checkEnvironment,
  checkPort,
  checkServiceName,
  parseAddress,
} from './address.js'
export type { Address } from './address.js'
export { NODE_FACT_LIMITS, checkTokens, isToken } from './tokens.js'
export type { TokenListRule } from './tokens.js'
export { utf8Length } from './utf8.js'
export { Waiters } from './waiters.js'
