export { tcp } from './tcp.js'
export type { TcpOptions } from './options.js'
export { generateSecret, MIN_SECRET_CHARACTERS } from './secret.js'
export type { TlsOptions } from './tls-options.js'
