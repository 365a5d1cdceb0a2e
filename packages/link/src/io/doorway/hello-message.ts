import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import { protocolError, type LinkError } from '../../proto/error-codes.js'
import { helloFromWire, helloToWire, MAX_HELLO_BYTES, type HelloFields } from '../../proto/hello.js'
import { messageError } from '../../proto/message-error.js'

/** The longest HELLO with its length, which takes 2 bytes. */
export const MAX_HELLO_MESSAGE_BYTES: number = MAX_HELLO_BYTES + 2

/** A HELLO as it goes into a message of the handshake. Throws a `RangeError` when it is too long. */
export function encodeHello(hello: HelloFields): Uint8Array {
  return encodeMessage(helloToWire(hello), { maxBytes: MAX_HELLO_BYTES })
}

/** Reads the HELLO that `bytes` hold, and nothing else; an error says what is wrong with it. */
export function decodeHello(bytes: Uint8Array): HelloFields | LinkError {
  const decoder = new MessageDecoder({ maxBytes: MAX_HELLO_BYTES })
  decoder.push(bytes)
  const step = decoder.next()
  if (step.kind === 'error') return messageError(step.error, 'a HELLO')
  if (step.kind === 'incomplete') return protocolError('sent a HELLO that is cut off')
  if (decoder.bufferedBytes > 0) return protocolError('sent bytes behind its HELLO')
  return helloFromWire(step.value)
}
