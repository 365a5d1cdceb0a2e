import { AsyncResource } from 'node:async_hooks'
import type { Origin } from '../origin.js'

/**
 * An async context in which sockets' events run: the one in which it is made. Entering it costs some 20 ns. About 60 bytes,
 * so dials of one context share one; see {@link callerOrigin}.
 */
class AsyncOrigin extends AsyncResource implements Origin {
  readonly #onClosed: (() => void) | undefined

  constructor(onClosed?: () => void) {
    // It does nothing when it is collected, so no destroy hook is needed.
    super('ASTRANET_SOCKET', { requireManualDestroy: true })
    this.#onClosed = onClosed
  }

  closed(): void {
    this.#onClosed?.()
  }
}

/** No context: what it is when this module is loaded. */
const outside = new AsyncOrigin()

/**
 * The origin of sockets that a listener hands out: as over `net`, their events run in no context, neither the listener's
 * nor the one of whoever made the link. `onClosed` is called when one of them is destroyed.
 */
export function acceptedOrigin(onClosed: () => void): Origin {
  return outside.runInAsyncScope(() => new AsyncOrigin(onClosed), undefined)
}

/** The caller's context: of sockets that it dials. `latest`, an earlier result, when that is the same context. */
export function callerOrigin(latest: Origin | undefined): Origin {
  const origin = new AsyncOrigin()
  return latest !== undefined && isSameContext(origin, latest) ? latest : origin
}

/**
 * Node keeps a context in symbols of the AsyncResource: the stores themselves, or from Node 24 on the frame that holds
 * them. Beside it there are two ids, which do not matter here.
 */
const OWN_SYMBOLS = Object.getOwnPropertySymbols(outside)
const IDS = new Set(OWN_SYMBOLS.filter(({ description }) => /(^|_)async_id_symbol$/.test(description ?? '')))

/** Whether two contexts can be compared; otherwise each dial has an origin of its own. */
const CAN_COMPARE =
  OWN_SYMBOLS.some(({ description }) => description === 'context_frame') ||
  Number.parseInt(process.versions.node) < 24

function isSameContext(first: object, second: object): boolean {
  if (!CAN_COMPARE) return false
  const symbols = Object.getOwnPropertySymbols(first)
  if (symbols.length !== Object.getOwnPropertySymbols(second).length) return false
  for (const symbol of symbols)
    if (!IDS.has(symbol) && !Object.is(valueOf(first, symbol), valueOf(second, symbol))) return false
  return true
}

function valueOf(object: object, symbol: symbol): unknown {
  return (object as Record<symbol, unknown>)[symbol]
}
