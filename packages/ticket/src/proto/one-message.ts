import type { AstraError } from '@astranet/interface'
import { MessageDecoder } from '@astranet/frame/message'

/** What bytes that should be exactly one message are: its value, or a sentence that says what is wrong. */
export type OneMessage =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly fault: string; readonly cause?: AstraError }

/** Reads bytes that are one message and nothing else. Byte arrays in the value are views of `bytes`. */
export function readOneMessage(bytes: Uint8Array, maxBytes: number): OneMessage {
  const decoder = new MessageDecoder({ maxBytes })
  decoder.push(bytes)
  const result = decoder.next()
  if (result.kind === 'error') return { kind: 'fault', fault: 'its msgpack is wrong', cause: result.error }
  if (result.kind === 'incomplete') return { kind: 'fault', fault: 'it is cut off' }
  if (decoder.bufferedBytes > 0) return { kind: 'fault', fault: 'further bytes follow it' }
  return { kind: 'value', value: result.value }
}
