export { ws } from './node-ws.js'
export type { WsOptions, WsTlsOptions } from './node-options.js'
export { originFault } from './origins-option.js'
export type { CommonWsOptions } from './options.js'
