import { onAbort, toError, type ByteDuplex } from '@astranet/interface'
import { Handshake } from '../proto/handshake/handshake.js'
import type { HandshakeOptions, HandshakeResult } from '../proto/handshake/handshake-options.js'
import { DirectCipher } from './direct-cipher.js'
import { DirectOpener } from './direct-opener.js'
import { DirectOutbound } from './direct-outbound.js'
import { HandshakeChannel, type ChannelRest } from './handshake-channel.js'
import { PipelinedOutbound } from './pipelined-outbound.js'
import { PromisedCipher } from './promised-cipher.js'
import { PromisedOpener } from './promised-opener.js'
import type { CryptoProvider } from './provider.js'
import { SecureDuplex, type SecureDuplexParts } from './secure-duplex.js'
import type { SecurePipe } from './secure-pipe.js'

/** What {@link secureOver} and `secure` are given. */
export interface SecureOptions extends Omit<HandshakeOptions, 'crypto'> {
  /**
   * Ends the handshake, for example `AbortSignal.timeout(10_000)`. Without one it waits for the peer without a limit.
   */
  readonly signal?: AbortSignal | undefined
  /** Where the cryptography comes from. Default: `nodeCrypto` in Node, `webCrypto` in browsers. */
  readonly provider?: CryptoProvider | undefined
}

/** `secure`, by the cryptography of `defaultProvider` unless the options name another. */
export async function secureOver(
  defaultProvider: CryptoProvider,
  pipe: ByteDuplex,
  options: SecureOptions,
): Promise<SecurePipe> {
  const { provider = defaultProvider } = options
  const handshake = new Handshake({ ...options, crypto: provider.crypto })
  const channel = new HandshakeChannel(pipe)
  const stop = abortOn(options.signal, pipe)
  try {
    const result = await shakeHands(handshake, channel, options.signal)
    const isConfidential = options.psk !== undefined || options.expectedNodeId !== undefined
    return new SecureDuplex(partsOf(provider, pipe, result, channel.takeRest(), isConfidential))
  } catch (error) {
    pipe.abort(toError(error))
    throw error
  } finally {
    stop()
  }
}

function abortOn(signal: AbortSignal | undefined, pipe: ByteDuplex): () => void {
  const abort = (): void => pipe.abort(toError(signal?.reason))
  if (signal?.aborted === true) abort()
  return onAbort(signal, abort)
}

async function shakeHands(
  handshake: Handshake,
  channel: HandshakeChannel,
  signal: AbortSignal | undefined,
): Promise<HandshakeResult> {
  let toSend = await handshake.start()
  for (;;) {
    signal?.throwIfAborted()
    if (toSend !== undefined) channel.write(toSend)
    if (handshake.state === 'done') return handshake.result
    toSend = await handshake.receive(await channel.read(handshake.expectedLengths, handshake.nextMessage))
  }
}

function partsOf(
  { crypto, direct }: CryptoProvider,
  pipe: ByteDuplex,
  result: HandshakeResult,
  rest: ChannelRest,
  isConfidential: boolean,
): SecureDuplexParts {
  const { sendKey, receiveKey } = result
  const shared = { pipe, result, rest, isConfidential }
  if (direct !== undefined) {
    return {
      ...shared,
      opener: new DirectOpener(new DirectCipher(direct, receiveKey)),
      makeOutbound: (sink) => new DirectOutbound(pipe, new DirectCipher(direct, sendKey), sink),
    }
  }
  return {
    ...shared,
    opener: new PromisedOpener(new PromisedCipher(crypto, receiveKey)),
    makeOutbound: (sink) => new PipelinedOutbound(pipe, new PromisedCipher(crypto, sendKey), sink),
  }
}
