import { generateIdentity } from '@astranet/core'
import { Link } from '@astranet/link'
import { tcp } from '@astranet/transport-tcp'
import { onTestFinished } from 'vitest'

/** A link of a peer for which the test speaks, with one open stream to the relay. */
export interface OpenStream {
  /** Resolves when the relay has sent a go-away. */
  readonly goAway: Promise<void>
  /** Resolves when the link has closed; with an error if it was not closed in order. */
  readonly closed: Promise<Error | undefined>
  /** Ends the stream. */
  end(): void
}

/**
 * Opens a stream to the relay and keeps it open: its header is begun and not complete, which the relay waits for up to
 * 30 s.
 */
export async function openStream(address: string): Promise<OpenStream> {
  const connection = await tcp().dial('tcp', address)
  const { promise: opened, resolve: onOpen } = deferred<void>()
  const { promise: goAway, resolve: onGoAway } = deferred<void>()
  const { promise: closed, resolve: onClose } = deferred<Error | undefined>()
  const link = new Link(connection, {
    ...{ role: 'dialer', identity: await generateIdentity(), introduction: { incarnation: 1 } },
    handler: {
      onOpen: () => onOpen(),
      onStream: () => undefined,
      onGoAway: () => onGoAway(),
      onClose: (_, error) => onClose(error),
    },
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  })
  link.start()
  onTestFinished(() => link.destroy())
  await opened
  const stream = await link.session?.openStream()
  if (stream === undefined) throw new Error('the link has no session')
  stream.handle({ onData: () => undefined, onEnd: () => undefined, onClose: () => undefined })
  // The first byte of an array of five, which is a header.
  stream.write(Uint8Array.of(0x95))
  return { goAway, closed, end: () => stream.destroy() }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}
