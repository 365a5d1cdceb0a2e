import type { Duplex } from 'node:stream'
import type { StreamEvents } from '../peer.js'

/** Forwards the events of Duplexes to `events`, with the same functions for all Duplexes. */
export class DuplexEvents {
  readonly #onData: (this: Duplex, chunk: Uint8Array) => void
  readonly #onEnd: (this: Duplex) => void
  readonly #onDrain: (this: Duplex) => void
  readonly #onError: (error: Error) => void

  constructor(events: StreamEvents<Duplex>) {
    this.#onData = function (chunk) {
      events.onData(this, chunk)
    }
    this.#onEnd = function () {
      events.onEnd(this)
    }
    this.#onDrain = function () {
      events.onWritable(this)
    }
    this.#onError = (error) => events.onFailure(error)
  }

  /** Starts with `duplex`. `isWriter`: whether the work writes to it until `write` returns false. */
  attach<D extends Duplex>(duplex: D, isWriter: boolean): D {
    duplex.on('data', this.#onData)
    duplex.on('end', this.#onEnd)
    duplex.on('error', this.#onError)
    if (isWriter) duplex.on('drain', this.#onDrain)
    return duplex
  }
}

/** `Peer.write` of every Duplex. */
export function writeDuplex(duplex: Duplex, bytes: Uint8Array): boolean {
  return duplex.write(bytes)
}

/** `Peer.end` of every Duplex. */
export function endDuplex(duplex: Duplex): void {
  duplex.end()
}
