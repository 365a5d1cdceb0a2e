import type { Link, TunnelHeader } from '@astranet/link'
import type { Stream } from '@astranet/mux'

/** A tunnel that a neighbour asks for. The stream is paused and not answered yet. */
export interface TunnelRequest {
  readonly header: TunnelHeader
  readonly stream: Stream
  /** Bytes that arrived with the header. */
  readonly initialBytes: Uint8Array | undefined
}

/** Where a tunnel goes on. */
export interface NextHop {
  readonly link: Link
  /** What the next hop is sent. */
  readonly header: TunnelHeader
}
