import type { ByteDuplex } from '@astranet/interface'
import type { HandshakeResult } from '../proto/handshake/handshake-options.js'
import { DirectCipher } from './direct-cipher.js'
import { DirectOpener } from './direct-opener.js'
import { DirectOutbound } from './direct-outbound.js'
import type { ChannelRest } from './handshake-channel.js'
import { PipelinedOutbound } from './pipelined-outbound.js'
import { PromisedCipher } from './promised-cipher.js'
import { PromisedOpener } from './promised-opener.js'
import type { CryptoProvider } from './provider.js'
import { SecureDuplex } from './secure-duplex.js'
import type { SecurePipe } from './secure-pipe.js'

/** What a finished handshake leaves for the pipe of records. */
export interface RecordPipeParts {
  /** Where the cryptography of the records comes from. */
  readonly provider: CryptoProvider
  /** The pipe below, paused. */
  readonly pipe: ByteDuplex
  readonly result: HandshakeResult
  /** What arrived behind the handshake. */
  readonly rest: ChannelRest
}

/**
 * The encrypted pipe of a handshake that is done. It takes `pipe` over within the call.
 */
export function recordPipe({ provider, pipe, result, rest }: RecordPipeParts): SecurePipe {
  const { crypto, direct } = provider
  const { sendKey, receiveKey } = result
  if (direct !== undefined) {
    return new SecureDuplex({
      pipe,
      result,
      rest,
      opener: new DirectOpener(new DirectCipher(direct, receiveKey)),
      makeOutbound: (sink) => new DirectOutbound(pipe, new DirectCipher(direct, sendKey), sink),
    })
  }
  return new SecureDuplex({
    pipe,
    result,
    rest,
    opener: new PromisedOpener(new PromisedCipher(crypto, receiveKey)),
    makeOutbound: (sink) => new PipelinedOutbound(pipe, new PromisedCipher(crypto, sendKey), sink),
  })
}
