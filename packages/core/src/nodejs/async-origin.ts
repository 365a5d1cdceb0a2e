import { AsyncResource } from 'node:async_hooks'
import type { Origin } from '../node/origin.js'

/**
 * An async context in which sockets' events run: the context in which the object is made. Entering it costs some 20 ns. It
 * takes about 80 bytes, so dials of one context share one; see {@link callerOrigin}.
 */
class AsyncOrigin extends AsyncResource implements Origin {
  /** How many symbols it has; 0 before they were counted. */
  symbolCount = 0
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

/**
 * The origin of a listener's sockets: as over `net`, their events run in no context, neither that of the listener nor that
 * of the caller that made the link. `onClosed` is called when one of them is destroyed.
 */
export function acceptedOrigin(onClosed: () => void): Origin {
  return outside.runInAsyncScope(() => new AsyncOrigin(onClosed), undefined)
}

/** The caller's context, for sockets that it dials. `latest` is an earlier result; it is returned if it is the same. */
export function callerOrigin(latest: Origin | undefined): Origin {
  const origin = new AsyncOrigin()
  return latest instanceof AsyncOrigin && isSameContext(origin, latest) ? latest : origin
}

/**
 * Node keeps a context in symbols of the AsyncResource, beside two ids: the stores themselves, or, by default in newer
 * versions, a frame that holds them.
 */
const SYMBOLS = Object.getOwnPropertySymbols(outside)
const FRAME = SYMBOLS.find(({ description }) => description === 'context_frame')
const IDS = SYMBOLS.filter(({ description }) => /(^|_)async_id_symbol$/.test(description ?? ''))

/** How many symbols there are without stores. */
const MIN_SYMBOLS = IDS.length + (FRAME === undefined ? 0 : 1)

/** Whether contexts can be compared; otherwise each dial has an origin of its own. */
const CAN_COMPARE = FRAME !== undefined || Number.parseInt(process.versions.node) < 24

/** Called for each dial, so it looks at as little as possible. */
function isSameContext(first: AsyncOrigin, second: AsyncOrigin): boolean {
  if (!CAN_COMPARE) return false
  if (FRAME !== undefined && valueOf(first, FRAME) !== valueOf(second, FRAME)) return false
  const symbols = Object.getOwnPropertySymbols(first)
  if (second.symbolCount === 0) second.symbolCount = Object.getOwnPropertySymbols(second).length
  if (symbols.length !== second.symbolCount) return false
  return symbols.length === MIN_SYMBOLS || symbols.every((symbol) => isSame(symbol, first, second))
}

function isSame(symbol: symbol, first: AsyncOrigin, second: AsyncOrigin): boolean {
  return IDS.includes(symbol) || Object.is(valueOf(first, symbol), valueOf(second, symbol))
}

function valueOf(object: object, symbol: symbol): unknown {
  return (object as Record<symbol, unknown>)[symbol]
}
