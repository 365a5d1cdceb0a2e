import { onAbort, toError, type ByteDuplex } from '@astranet/interface'
import { checkOptions, invalidType, type OptionNames } from '@astranet/interface/check'
import { Handshake } from '../proto/handshake/handshake.js'
import type { HandshakeOptions, HandshakeResult } from '../proto/handshake/handshake-options.js'
import { frameMessage, takeMessage } from '../proto/handshake/message-reader.js'
import { HANDSHAKE_NAMES } from '../proto/handshake/options.js'
import { HandshakeChannel } from './handshake-channel.js'
import type { CryptoProvider } from './provider.js'
import { recordPipe } from './record-pipe.js'
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

const { crypto: _crypto, ...OTHER_NAMES } = HANDSHAKE_NAMES
const NAMES: OptionNames<SecureOptions> = { ...OTHER_NAMES, signal: true, provider: true }

/** `secure`, by the cryptography of `defaultProvider` unless the options name another. */
export async function secureOver(
  defaultProvider: CryptoProvider,
  pipe: ByteDuplex,
  options: SecureOptions,
): Promise<SecurePipe> {
  checkPipe(pipe)
  const { provider = defaultProvider, signal, ...handshakeOptions } = checkOptions('options', options, NAMES)
  const handshake = new Handshake({ ...handshakeOptions, crypto: provider.crypto })
  const channel = new HandshakeChannel(pipe)
  const stop = abortOn(signal, pipe)
  try {
    const result = await shakeHands(handshake, channel, signal)
    return recordPipe({ provider, pipe, result, rest: channel.takeRest() })
  } catch (error) {
    pipe.abort(toError(error))
    throw error
  } finally {
    stop()
  }
}

/** Throws a `TypeError` unless `pipe` looks like a `ByteDuplex`. */
function checkPipe(pipe: ByteDuplex): void {
  const { handle, writev, pause } = (pipe as ByteDuplex | null | undefined) ?? ({} as Partial<ByteDuplex>)
  if ([handle, writev, pause].every((each) => typeof each === 'function')) return
  throw invalidType('pipe', 'a ByteDuplex, as toByteDuplex of @astranet/mux makes of a socket', pipe)
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
    if (toSend !== undefined) channel.write([frameMessage(toSend)])
    if (handshake.state === 'done') return handshake.result
    toSend = await handshake.receive(await channel.read((reader) => takeMessage(reader, handshake)))
  }
}
