/** What msgpack and similar formats can encode without extensions. */
export type PlainValue = number | string | boolean | null | Uint8Array | readonly PlainValue[]
