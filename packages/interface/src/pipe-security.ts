/** A certificate that TLS has verified. */
export interface PeerCertificate {
  /** The certificate itself, in DER. */
  readonly der: Uint8Array
  /** SHA-256 of `der`, as `node:tls` writes it: upper-case hexadecimal bytes with colons between them. */
  readonly fingerprint256: string
  /** Its subject, one attribute in a line, for example `CN=printer\nO=Example`. */
  readonly subject: string
}

/** The addresses of the two ends of a TCP connection, as `host:port`, IPv6 addresses in brackets. */
export interface PipeEnds {
  readonly local: string
  readonly remote: string
}

/**
 * What a pipe does against third parties, as this end knows it. The other end may know less or more: behind a proxy
 * that terminates TLS a server has no exporter, and its client has one.
 */
export interface PipeSecurity {
  /**
   * Whether only programs on this machine can read or change the bytes: memory, a MessagePort, a Unix socket, a TCP
   * connection with a loopback address at both ends. A program that forwards the bytes to another machine is not
   * visible to one end. A link compares the addresses that its two ends see ({@link ends}), and so notices one that
   * forwards TCP; one that forwards Unix sockets, at both ends, it does not notice.
   */
  readonly isPrivate: boolean
  /**
   * The addresses of the two ends as the system names them, where the pipe is a private TCP connection. Absent: those of
   * the pipe count, where they have the form `host:port` with an IP address.
   */
  readonly ends?: PipeEnds
  /**
   * TLS's keying material exporter without a context (RFC 8446 section 7.5), where this end itself terminates TLS 1.3:
   * `length` bytes, 1 or more, that only the two ends of this TLS connection can compute. Both get the same bytes for
   * the same label; a proxy that terminates TLS in between has other bytes to either side. Absent over TLS 1.2, whose
   * exporter does not always depend on the whole handshake (RFC 7627). Throws an `AstraError` with the code
   * `ECONNRESET` once the connection has closed.
   */
  readonly exportKeyingMaterial?: (length: number, label: string) => Uint8Array
  /** The peer's certificate, where TLS has requested one and trusts it. */
  readonly certificate?: PeerCertificate
}
