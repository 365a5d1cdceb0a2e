import type { LinkOptions } from '@astranet/link'
import type { ByteDuplexHandler, PipeSecurity } from '@astranet/interface'
import { PREAMBLE_BYTES } from '../../src/proto/preamble.js'
import { memoryPipe, type MemoryEnd } from './memory-pipe.js'
import { Side } from './side.js'
import { VirtualClock } from './virtual-clock.js'

/** What goes over a pipe, in the order of each direction. `rest`: what comes behind the handshake. */
export type Part = 'preamble' | 'first' | 'second' | 'third' | 'rest'

const PARTS: Readonly<Record<Direction, readonly Part[]>> = {
  forth: ['preamble', 'first', 'third'],
  back: ['preamble', 'second'],
}

/** From the dialer to the acceptor, and from the acceptor to the dialer. */
export type Direction = 'forth' | 'back'

/** Changes what passes; `undefined`: it is left out. Messages are given with the two bytes of their length. */
export type Tamper = (part: Part, bytes: Uint8Array, direction: Direction) => Uint8Array | undefined

/** A dialer and an acceptor with somebody in between. */
export interface Intercepted {
  readonly clock: VirtualClock
  readonly dialer: Side
  readonly acceptor: Side
  /** What was sent in each direction, part by part, before it was changed. */
  readonly parts: { part: Part; direction: Direction; bytes: Uint8Array }[]
}

/** How the two links of an {@link Intercepted} are made. */
export interface InterceptOptions {
  readonly shared?: Partial<LinkOptions>
  readonly dialer?: Partial<LinkOptions>
  readonly acceptor?: Partial<LinkOptions>
  /** What both ends know of their pipes. Default: nothing, so the links encrypt. */
  readonly security?: PipeSecurity
  /** The addresses that each side sees of the other. */
  readonly addresses?: { readonly dialer: string; readonly acceptor: string }
}

/** Starts both links. Whatever the change makes of them, they have ended or are open after `clock.pass(12_000)`. */
export function intercept(tamper: Tamper = (_, bytes) => bytes, options: InterceptOptions = {}): Intercepted {
  const clock = new VirtualClock()
  const [left, leftMan] = memoryPipe(clock)
  const [rightMan, right] = memoryPipe(clock)
  for (const end of [left, right]) end.security = options.security ?? { isPrivate: false }
  if (options.addresses !== undefined) {
    Object.assign(left, { remoteAddress: options.addresses.acceptor })
    Object.assign(right, { remoteAddress: options.addresses.dialer })
  }
  const parts: Intercepted['parts'] = []
  const pass = (direction: Direction, from: MemoryEnd, to: MemoryEnd): void => {
    from.handle(
      new Cutter(PARTS[direction], to, (part, bytes) => {
        parts.push({ part, direction, bytes })
        return tamper(part, bytes, direction)
      }),
    )
  }
  pass('forth', leftMan, rightMan)
  pass('back', rightMan, leftMan)
  const dialer = new Side(left, { id: 1n, clock, role: 'dialer', ...options.shared, ...options.dialer })
  const acceptor = new Side(right, {
    id: 2n,
    clock,
    role: 'acceptor',
    ...options.shared,
    ...options.acceptor,
  })
  acceptor.link.start()
  dialer.link.start()
  return { clock, dialer, acceptor, parts }
}

/** Cuts one direction into its parts. */
class Cutter implements ByteDuplexHandler {
  readonly #parts: Part[]
  readonly #to: MemoryEnd
  readonly #change: (part: Part, bytes: Uint8Array) => Uint8Array | undefined
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(
    parts: readonly Part[],
    to: MemoryEnd,
    change: (part: Part, bytes: Uint8Array) => Uint8Array | undefined,
  ) {
    this.#parts = [...parts]
    this.#to = to
    this.#change = change
  }

  onData(chunk: Uint8Array): void {
    this.#bytes = Uint8Array.from([...this.#bytes, ...chunk])
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      const bytes = this.#bytes.slice(0, length)
      this.#bytes = this.#bytes.slice(length)
      const changed = this.#change(this.#parts.shift() ?? 'rest', bytes)
      if (changed !== undefined) this.#to.writev([changed])
    }
  }

  onDrain(): void {}

  onEnd(): void {
    this.#to.end()
  }

  onClose(reason: Error | undefined): void {
    if (reason !== undefined) this.#to.abort(reason)
  }

  #nextLength(): number | undefined {
    const [part] = this.#parts
    const held = this.#bytes.length
    if (held === 0) return undefined
    if (part === undefined) return held
    if (part === 'preamble') return held >= PREAMBLE_BYTES ? PREAMBLE_BYTES : undefined
    if (held < 2) return undefined
    const length = ((this.#bytes[0] as number) << 8) | (this.#bytes[1] as number)
    // A refusal has a length of zero.
    const end = length === 0 ? 3 : 2 + length
    return held >= end ? end : undefined
  }
}
