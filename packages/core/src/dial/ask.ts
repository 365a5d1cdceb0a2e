import {
  refusalError,
  type DialError,
  type DialHandler,
  type DialHeader,
  type Link,
  type OutgoingDial,
} from '@astranet/link'
import { SessionError, type Stream } from '@astranet/mux'
import type { DialScope } from '../api/dial-options.js'
import type { SocketEnds } from '../api/socket-ends.js'
import type { DialParts } from './dial-context.js'
import { selfBroken } from './dial-errors.js'

/**
 * @internal Receives the answer of the node that was asked: one of `accepted`, `refused` and `failed`, once, never from
 * inside the call that asks.
 */
export interface AnswerReceiver {
  accepted(stream: Stream, initialBytes: Uint8Array | undefined): void
  /** The header was sent, later than in the call that asks: bytes of the program may follow it. */
  sendEarly(): void
  /** The node refused, or the link or session to it broke before it answered. */
  refused(error: DialError): void
  /** For any other reason. */
  failed(error: unknown): void
}

/** What a node is asked. A dial by name names its service, so that a port which now belongs to another one refuses. */
export function dialHeader(
  { localPort: sourcePort, remotePort: port }: SocketEnds,
  service: string | undefined,
  { environment: ours }: DialScope,
): DialHeader {
  const environment = service === undefined || ours === '' ? undefined : ours
  return { kind: 'dial', port, sourcePort, service, environment }
}

/** Asks the node at the other end of a link. The result can be cancelled. */
export function askPeer(link: Link, header: DialHeader, receiver: AnswerReceiver): OutgoingDial {
  return link.dial(header, HANDLER, receiver)
}

/** Asks this node itself. The result can be aborted. */
export function askSelf(
  parts: DialParts<unknown>,
  ends: SocketEnds,
  receiver: AnswerReceiver,
): AbortController {
  const attempt = new AbortController()
  void dialSelf(parts, { ends, signal: attempt.signal }, receiver)
  return attempt
}

async function dialSelf(
  { ports, loopback }: DialParts<unknown>,
  { ends, signal }: { ends: SocketEnds; signal: AbortSignal },
  receiver: AnswerReceiver,
): Promise<void> {
  try {
    const result = await loopback.dial(ports.at(ends.remotePort), ends, signal)
    if ('reason' in result) receiver.refused(refusalError(result.reason, result.text))
    else receiver.accepted(result, undefined)
  } catch (error) {
    if (error instanceof SessionError) receiver.refused(selfBroken(error))
    else receiver.failed(error)
  }
}

/** One handler for all dials: `dial.context` is the receiver. */
const HANDLER: DialHandler = {
  onAsked: (dial) => receiverOf(dial).sendEarly(),
  onAccepted: (dial, stream, initialBytes) => receiverOf(dial).accepted(stream, initialBytes),
  onFailed: (dial, error) => receiverOf(dial).refused(error),
}

function receiverOf(dial: OutgoingDial): AnswerReceiver {
  return dial.context as AnswerReceiver
}
