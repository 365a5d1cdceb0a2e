export { tcp } from './tcp.js'
export type { TcpOptions } from './options.js'
export type { TlsOptions } from './tls-options.js'
export type { ResolveSrv } from './srv.js'
