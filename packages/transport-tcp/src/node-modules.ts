/**
 * Node's TLS, loaded by the first who asks for it: a program that uses none starts faster and smaller. Asked for in the
 * middle of a function, so that nothing can happen between a socket's being connected and its handshake.
 */
export function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}

/** Node's cryptography, likewise. */
export function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}
