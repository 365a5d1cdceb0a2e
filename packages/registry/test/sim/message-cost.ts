import type { RegistryMessage } from '../../src/index.js'
import { MESSAGE_TYPES } from '../../src/proto/wire/message-type.js'

/** The bytes of a value as msgpack in its shortest form: what an encoder writes, without encoding it. */
export function encodedLength(value: unknown): number {
  if (value === null || typeof value === 'boolean') return 1
  if (typeof value === 'number') return numberLength(value)
  if (typeof value === 'string') {
    const length = Buffer.byteLength(value)
    return length + (length < 32 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5)
  }
  if (value instanceof Uint8Array)
    return value.length + (value.length < 256 ? 2 : value.length < 65_536 ? 3 : 5)
  if (!Array.isArray(value)) throw new TypeError(`a message holds a ${typeof value}`)
  const header = value.length < 16 ? 1 : value.length < 65_536 ? 3 : 5
  return value.reduce<number>((sum, each) => sum + encodedLength(each), header)
}

function numberLength(value: number): number {
  if (!Number.isInteger(value)) return 9
  if (value < 0)
    return value >= -32 ? 1 : value >= -128 ? 2 : value >= -32_768 ? 3 : value >= -(2 ** 31) ? 5 : 9
  return value < 128 ? 1 : value < 256 ? 2 : value < 65_536 ? 3 : value < 2 ** 32 ? 5 : 9
}

/** What was sent: messages, logs in them, and bytes with the length prefix. */
export class MessageCost {
  readonly messages = new Map<string, number>()
  deltas = 0
  bytes = 0

  add(message: RegistryMessage): void {
    const fields = message as readonly unknown[]
    const name = MESSAGE_TYPES[fields[0] as number] ?? `type ${String(fields[0])}`
    this.messages.set(name, (this.messages.get(name) ?? 0) + 1)
    if (name === 'deltas') this.deltas += (fields[1] as readonly unknown[]).length
    const length = encodedLength(message)
    this.bytes += length + (length < 64 ? 1 : length < 16_384 ? 2 : 4)
  }

  get total(): number {
    let total = 0
    for (const count of this.messages.values()) total += count
    return total
  }

  reset(): void {
    this.messages.clear()
    this.deltas = 0
    this.bytes = 0
  }
}
