/** The end that dialed, and the end that accepted. */
export type Side = 'near' | 'far'

export const SIDES: readonly Side[] = ['near', 'far']

/** The listeners that can be made to throw, once each. */
export type Throwing = 'data' | 'end' | 'drain' | 'finish' | 'close' | 'error' | 'callback' | 'timeout'

/** Operations that take no arguments. */
export type PlainKind =
  | 'cork'
  | 'uncork'
  | 'reset'
  | 'destroySoon'
  | 'pause'
  | 'resume'
  /** Attaches a `'data'` listener. */
  | 'flow'
  /** Takes all `'data'` listeners away. */
  | 'unflow'
  /** Attaches a `'readable'` listener that reads everything. */
  | 'readable'
  /** Pipes into a sink. */
  | 'pipe'
  | 'unpipe'
  /** Pipes into itself. */
  | 'echo'
  | 'ref'
  | 'unref'
  /** Sets a timeout of 1 ms and waits for its event, or for the end of the socket. */
  | 'timeout'

/** One call of a program on one socket. */
export type Operation =
  | { readonly kind: PlainKind }
  | {
      readonly kind: 'write' | 'end'
      readonly bytes: number
      readonly hasCallback: boolean
      readonly isText: boolean
    }
  | { readonly kind: 'writeInvalid'; readonly value: 'null' | 'number' }
  | { readonly kind: 'destroy'; readonly withError: boolean }
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'unshift'; readonly bytes: number }
  | { readonly kind: 'iterate'; readonly breakAfterBytes: number; readonly leavesBy: 'break' | 'throw' }
  | { readonly kind: 'setEncoding'; readonly encoding: 'utf8' | 'hex' | 'base64' | 'latin1' }
  /** `value` is an expression of JavaScript: a key of `TIMEOUTS`. */
  | { readonly kind: 'setTimeout'; readonly value: string }
  | { readonly kind: 'throwNext'; readonly listener: Throwing }

/**
 * What happens before the next operation: nothing, a turn of the event loop, or all there is to happen. After
 * `settle` what happened is compared; `silence` is for a race that is played slowly.
 */
export type Wait = 'none' | 'turn' | 'silence' | 'settle'

export interface Move {
  readonly side: Side
  readonly operation: Operation
  readonly wait: Wait
}

/** All that a program does on both ends of one connection. */
export interface Plan {
  readonly seed: number
  readonly halfOpen: Readonly<Record<Side, boolean>>
  /** Whether there is an `'error'` listener; without one an error is an uncaught exception. */
  readonly handlesErrors: Readonly<Record<Side, boolean>>
  readonly moves: readonly Move[]
}

/** Arguments of `setTimeout` by their expression: JSON has no words for some of them. None of them fires in a test. */
export const TIMEOUTS: Readonly<Record<string, unknown>> = {
  '0': 0,
  '60000': 60_000,
  '60000.5': 60_000.5,
  '-1': -1,
  NaN: NaN,
  Infinity: Infinity,
  '2 ** 31': 2 ** 31,
  "'60000'": '60000',
  undefined: undefined,
}

/** One line for each move, as a program would have it. */
export function describePlan({ seed, halfOpen, handlesErrors, moves }: Plan): string {
  const sides = (flags: Readonly<Record<Side, boolean>>, wanted: boolean): string =>
    SIDES.filter((side) => flags[side] === wanted).join(' and ') || 'neither'
  return [
    `seed ${seed}; half open: ${sides(halfOpen, true)}; without 'error' listener: ${sides(handlesErrors, false)}`,
    ...moves.map(({ side, operation, wait }) => {
      const suffix = wait === 'none' ? '' : `; ${wait}`
      return `  ${side}.${describeOperation(operation)}${suffix}`
    }),
  ].join('\n')
}

export function describeOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'write':
    case 'end':
      return `${operation.kind}(${[
        ...(operation.bytes > 0 || operation.kind === 'write' ? [operation.bytes] : []),
        ...(operation.isText ? ['text'] : []),
        ...(operation.hasCallback ? ['callback'] : []),
      ].join(' ')})`
    case 'writeInvalid':
      return `write(${operation.value === 'null' ? 'null' : 'new Date()'})`
    case 'destroy':
      return `destroy(${operation.withError ? 'error' : ''})`
    case 'read':
    case 'unshift':
      return `${operation.kind}(${operation.bytes})`
    case 'iterate':
      return `iterate(until ${operation.breakAfterBytes} bytes; ${operation.leavesBy})`
    case 'setEncoding':
      return `setEncoding(${operation.encoding})`
    case 'setTimeout':
      return `setTimeout(${operation.value})`
    case 'throwNext':
      return `throwNext(in ${operation.listener})`
    default:
      return `${operation.kind}()`
  }
}
