/**
 * Node's TLS, loaded by the first call: a program without TLS starts faster and takes less memory. It loads within
 * the call, so that nothing can happen between the connecting of a socket and its handshake.
 */
export function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}

/** Node's cryptography, likewise. */
export function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

/** Node's HTTP, likewise. */
export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}
