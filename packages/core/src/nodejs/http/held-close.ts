import type { EventEmitter } from 'node:events'

/** Keeps an emitter from emitting `'close'`, until the result is called. */
export function holdClose(emitter: EventEmitter): () => void {
  const own = Object.getOwnPropertyDescriptor(emitter, 'emit')
  const emit = emitter.emit
  const holding = (event: string | symbol, ...args: unknown[]): boolean =>
    event === 'close' || emit.call(emitter, event, ...args)
  Object.defineProperty(emitter, 'emit', { value: holding, configurable: true, writable: true })
  return () => {
    if (emitter.emit !== holding) return
    if (own === undefined) Reflect.deleteProperty(emitter, 'emit')
    else Object.defineProperty(emitter, 'emit', own)
  }
}
