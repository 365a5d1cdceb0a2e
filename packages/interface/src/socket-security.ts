import { AstraError } from './errors.js'
import { isLoopback } from './loopback.js'
import type { PeerCertificate, PipeEnds, PipeSecurity } from './pipe-security.js'
import { checkInteger } from './check.js'

/** The part of `net.Socket` and `tls.TLSSocket` that {@link socketSecurity} reads. */
export interface SecuritySocket {
  readonly localAddress?: string | undefined
  readonly remoteAddress?: string | undefined
  readonly localPort?: number | undefined
  readonly remotePort?: number | undefined
  /** The rest is `tls.TLSSocket`'s. */
  readonly encrypted?: boolean
  readonly authorized?: boolean
  getProtocol?(): string | null
  /** Node takes a context too, and may be called without. */
  exportKeyingMaterial?(length: number, label: string, ...context: never[]): Uint8Array
  getPeerX509Certificate?(): NodeCertificate | undefined
}

/** The part of `node:crypto`'s `X509Certificate` that is read. */
interface NodeCertificate {
  readonly raw: Uint8Array
  readonly fingerprint256: string
  readonly subject: string | undefined
}

/** The only version whose exporter always depends on the whole handshake. */
const EXPORTER_PROTOCOL = 'TLSv1.3'

/**
 * What a connected socket of Node shows of its security; `undefined` when it shows nothing, as a stream without
 * addresses does. A TLS socket must have completed its handshake. A Unix socket has no addresses: only the program
 * that made it knows that it is private.
 */
export function socketSecurity(socket: SecuritySocket): PipeSecurity | undefined {
  const { localAddress, remoteAddress } = socket
  const isTls = socket.encrypted === true
  if (!isTls && (localAddress === undefined || remoteAddress === undefined)) return undefined
  const isPrivate = isLoopback(localAddress ?? '') && isLoopback(remoteAddress ?? '')
  const ends = isPrivate ? socketEnds(socket) : undefined
  return {
    isPrivate,
    ...(ends === undefined ? {} : { ends }),
    ...(isTls ? tlsSecurity(socket) : {}),
  }
}

function socketEnds(socket: SecuritySocket): PipeEnds | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localPort === undefined || remotePort === undefined) return undefined
  return { local: formatEnd(localAddress, localPort), remote: formatEnd(remoteAddress, remotePort) }
}

function formatEnd(host = '', port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The part of {@link PipeSecurity} that comes from TLS. */
export function tlsSecurity(socket: SecuritySocket): Omit<PipeSecurity, 'isPrivate'> {
  const certificate = trustedCertificate(socket)
  return {
    ...(socket.getProtocol?.() === EXPORTER_PROTOCOL
      ? { exportKeyingMaterial: (length, label) => exporterBytes(socket, length, label) }
      : {}),
    ...(certificate === undefined ? {} : { certificate }),
  }
}

function exporterBytes(socket: SecuritySocket, length: number, label: string): Uint8Array {
  checkInteger('length', length, { min: 1, max: Number.MAX_SAFE_INTEGER })
  try {
    return new Uint8Array(socket.exportKeyingMaterial?.(length, label) ?? [])
  } catch (cause) {
    throw new AstraError('ECONNRESET', 'The TLS connection has closed: it exports no keying material.', {
      cause,
    })
  }
}

/** `undefined` also for a certificate that TLS accepted without trusting it: anybody can make one with any subject. */
function trustedCertificate(socket: SecuritySocket): PeerCertificate | undefined {
  if (socket.authorized !== true) return undefined
  const found = socket.getPeerX509Certificate?.()
  if (found === undefined) return undefined
  const { raw, fingerprint256, subject = '' } = found
  return { der: new Uint8Array(raw), fingerprint256, subject }
}
