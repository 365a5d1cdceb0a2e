import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'

/** What an attacker on the path does with the bytes of one direction: returns what arrives in place of `chunk`. */
export type Tamper = (chunk: Uint8Array) => readonly Uint8Array[]

/** `pipe`, but what arrives at it is `tamper`ed with. */
export function tamperingPipe(pipe: ByteDuplex, tamper: Tamper): ByteDuplex {
  return {
    capabilities: pipe.capabilities,
    localAddress: pipe.localAddress,
    remoteAddress: pipe.remoteAddress,
    get bufferedBytes() {
      return pipe.bufferedBytes
    },
    handle: (handler) => pipe.handle(tampering(handler, tamper)),
    writev: (chunks) => pipe.writev(chunks),
    pause: () => pipe.pause(),
    resume: () => pipe.resume(),
    end: () => pipe.end(),
    abort: (reason) => pipe.abort(reason),
  }
}

function tampering(handler: ByteDuplexHandler, tamper: Tamper): ByteDuplexHandler {
  return {
    onData: (chunk) => {
      for (const each of tamper(chunk)) if (each.length > 0) handler.onData(each)
    },
    onDrain: () => handler.onDrain(),
    onEnd: () => handler.onEnd(),
    onClose: (reason) => handler.onClose(reason),
  }
}
