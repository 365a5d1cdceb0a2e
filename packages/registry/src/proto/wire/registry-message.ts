import type { PlainValue } from '../model/plain-value.js'

/**
 * One message between two neighbours' catalogues, made of plain values, ready to be encoded. It takes at most
 * `MAX_MESSAGE_BYTES` as msgpack. Its fields are described in `spec/registry.md`.
 */
export type RegistryMessage = readonly PlainValue[]
