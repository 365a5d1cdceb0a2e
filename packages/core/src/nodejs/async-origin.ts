import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { Origin } from '../node/origin.js'

/**
 * An async context in which sockets' events run: the context in which the object is made. Entering it costs some 20
 * ns, and it takes about 80 bytes.
 */
class AsyncOrigin extends AsyncResource implements Origin {
  readonly #onClosed: (() => void) | undefined

  constructor(onClosed?: () => void) {
    // Nothing has to happen when it is collected, so no destroy hook is needed.
    super('ASTRANET_SOCKET', { requireManualDestroy: true })
    this.#onClosed = onClosed
  }

  closed(): void {
    this.#onClosed?.()
  }
}

/** No context: this module is loaded outside of all. */
const outside = new AsyncOrigin()

/** Where Node keeps a context in an AsyncResource, in versions that have frames: immutable maps of all stores. */
const FRAME = Object.getOwnPropertySymbols(outside).find(({ description }) => description === 'context_frame')

/**
 * Whether contexts are frames, as by default from Node 24 on. There `enterWith` changes only the call that runs, so
 * sockets of one context can share an origin. In Node 20 and 22 it writes into the resource that is entered: with a
 * shared origin, what a handler of one socket enters would be seen by the handlers of all others. So there each socket
 * has its own, as over `net` each has its handle: a handler sees what earlier ones of the same socket have entered.
 * A program may begin to use AsyncLocalStorage in the handler of a socket that was made before, so each has its own
 * from the start, at 80 bytes. Entering a new one each time would forget what earlier handlers have entered.
 *
 * Only a storage without frames has fields of its own. Asking a storage what it does would turn on Node's hooks of
 * promises, which then stay slower.
 */
const HAS_FRAMES = FRAME !== undefined && Reflect.ownKeys(new AsyncLocalStorage()).length === 0

/**
 * The origins of a listener's sockets, one for each call: as over `net`, their events run in no context, neither that
 * of the listener nor that of the caller that made the link. `onClosed` is called for each one that is destroyed.
 */
export function acceptedOrigins(onClosed: () => void): () => Origin {
  const make = (): Origin => outside.runInAsyncScope(newOrigin, undefined, onClosed)
  if (!HAS_FRAMES) return make
  const shared = make()
  return () => shared
}

/** Made at the latest call of {@link callerOrigin}. Held weakly, because a context holds what programs keep in it. */
let latest: WeakRef<AsyncOrigin> | undefined

/** The caller's context, for a socket that it dials. */
export function callerOrigin(): Origin {
  const origin = new AsyncOrigin()
  if (!HAS_FRAMES) return origin
  const shared = latest?.deref()
  if (shared !== undefined && frameOf(shared) === frameOf(origin)) return shared
  latest = new WeakRef(origin)
  return origin
}

function newOrigin(onClosed: () => void): AsyncOrigin {
  return new AsyncOrigin(onClosed)
}

function frameOf(origin: AsyncOrigin): unknown {
  return (origin as unknown as Record<symbol, unknown>)[FRAME as symbol]
}
