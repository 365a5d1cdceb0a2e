import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'

/** What is in lent memory once the handler has returned the chunk. */
const RETURNED = 0xee

/**
 * The pipe, except that it lends its chunks to a handler that returns them (`ByteDuplexHandler.returnsChunks`), and
 * overwrites them when `onData` returns. So a handler that keeps a lent chunk sees wrong bytes. `onLent` is called with
 * the length of each such chunk.
 */
export function lendingDuplex(
  pipe: ByteDuplex,
  onLent: (bytes: number) => void = () => undefined,
): ByteDuplex {
  const { capabilities, localAddress, remoteAddress, security } = pipe
  return {
    ...{ capabilities, localAddress, remoteAddress },
    ...(security === undefined ? {} : { security }),
    get bufferedBytes() {
      return pipe.bufferedBytes
    },
    handle: (handler) => pipe.handle(lendingTo(handler, onLent)),
    writev: (chunks) => pipe.writev(chunks),
    pause: () => pipe.pause(),
    resume: () => pipe.resume(),
    end: () => pipe.end(),
    abort: (reason) => pipe.abort(reason),
  }
}

function lendingTo(handler: ByteDuplexHandler, onLent: (bytes: number) => void): ByteDuplexHandler {
  return {
    onData(chunk) {
      if (handler.returnsChunks !== true) return handler.onData(chunk)
      const lent = chunk.slice()
      onLent(lent.length)
      try {
        handler.onData(lent)
      } finally {
        // Its memory may have been released.
        lent.fill(RETURNED)
      }
    },
    onDrain: () => handler.onDrain(),
    onEnd: () => handler.onEnd(),
    onClose: (reason) => handler.onClose(reason),
    onSuspend: () => handler.onSuspend?.(),
    onResume: () => handler.onResume?.(),
  }
}
