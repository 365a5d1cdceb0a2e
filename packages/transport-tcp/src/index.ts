export { tcp } from './tcp.js'
export type { TcpOptions } from './options.js'
