/** What msgpack and the like carry without help. */
export type PlainValue = number | string | boolean | null | Uint8Array | readonly PlainValue[]
