import type { NodeId } from '@astranet/interface'
import type { Link, RefusedStream, StreamHeader } from '@astranet/link'
import type { Stream } from '@astranet/mux'

/** The names of the kinds of stream that a link hands out. */
export type StreamKind = StreamHeader['kind']

/** A stream that the peer opened. It is paused and not answered yet. */
export interface IncomingStream<Kind extends StreamKind = StreamKind> {
  readonly header: Extract<StreamHeader, { readonly kind: Kind }>
  readonly stream: Stream
  /** The application's bytes that arrived with the header. */
  readonly initialBytes: Uint8Array | undefined
}

/** Answers a stream of one kind, and takes it over. */
export type StreamTaker<Kind extends StreamKind> = (
  nodeId: NodeId,
  link: Link,
  incoming: IncomingStream<Kind>,
) => void

/** What a node does with each kind of stream: a new kind gets a row here. */
export type StreamTakers = { readonly [Kind in StreamKind]: StreamTaker<Kind> } & {
  /** Counts a stream that the link has refused because of its header. */
  readonly refused: (refused: RefusedStream) => void
}
