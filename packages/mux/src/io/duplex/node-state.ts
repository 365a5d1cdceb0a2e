import type { Duplex, Readable, Writable } from 'node:stream'

// What is used of Node's state of a Writable: there are no methods for it.

interface WritableState {
  needDrain: boolean
  sync: boolean
}

function stateOf(writable: Writable): WritableState {
  return (writable as unknown as { _writableState: WritableState })._writableState
}

/** Whether Node has called `_read` and waits for what it asked for. */
export function isReading(readable: Readable): boolean {
  return (readable as unknown as { _readableState: { reading: boolean } })._readableState.reading
}

/** Makes Node emit `'drain'` after the write in flight. Returns whether it will. */
export function needsDrain(writable: Writable): boolean {
  stateOf(writable).needDrain = true
  return writable.writableNeedDrain
}

/** Makes Node run the callback of the write in flight in a later tick. */
export function deferWriteCallback(writable: Writable): void {
  stateOf(writable).sync = true
}

/** The writes that wait in Node's buffer. */
export function bufferedWrites(writable: Writable): readonly { readonly chunk: Uint8Array }[] {
  return (writable as unknown as { writableBuffer?: { chunk: Uint8Array }[] }).writableBuffer ?? []
}

/** Makes a destroyed Duplex one that was never used, as `net.Socket` does when it is connected again. */
export function revive(duplex: Duplex): void {
  ;(duplex as unknown as { _undestroy(): void })._undestroy()
}
