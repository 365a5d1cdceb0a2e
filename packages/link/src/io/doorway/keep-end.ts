import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'

/**
 * `duplex`, paused, for a new handler. It reports the peer's end to that one, too, after an earlier handler had it.
 * That happens over pipes that do not pause.
 */
export function keepEnd(duplex: ByteDuplex): ByteDuplex {
  const { beforeFlush, callsBackLater = false, defer, linger, security } = duplex
  let handler: ByteDuplexHandler | undefined
  return {
    capabilities: duplex.capabilities,
    localAddress: duplex.localAddress,
    remoteAddress: duplex.remoteAddress,
    callsBackLater,
    ...(security === undefined ? {} : { security }),
    ...(beforeFlush === undefined ? {} : { beforeFlush: (callback) => beforeFlush.call(duplex, callback) }),
    ...(defer === undefined ? {} : { defer: (callback) => defer.call(duplex, callback) }),
    ...(linger === undefined ? {} : { linger: (ms) => linger.call(duplex, ms) }),
    get bufferedBytes() {
      return duplex.bufferedBytes
    },
    handle(newHandler) {
      handler = newHandler
      duplex.handle(newHandler)
    },
    writev: (chunks) => duplex.writev(chunks),
    pause: () => duplex.pause(),
    resume() {
      const told = handler
      handler = undefined
      // First, since the pipe may close from inside its own `resume`.
      told?.onEnd()
      duplex.resume()
    },
    end: () => duplex.end(),
    abort: (reason) => duplex.abort(reason),
  }
}
