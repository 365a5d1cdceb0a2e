import { checkInteger, invalidArgument } from '@astranet/interface/check'

const STATUS = { min: 100, max: 599 }

/** @internal The statuses of HTTP that count as good, both ends included. */
export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** @internal Throws a TypeError or RangeError that names `health.expectedStatus`. */
export function checkExpectedStatus(expected: unknown = [200, 299]): StatusRange {
  const name = 'options.health.expectedStatus'
  if (!Array.isArray(expected)) {
    const status = checkInteger(name, expected, STATUS)
    return { from: status, to: status }
  }
  if (expected.length !== 2) {
    throw invalidArgument(name, 'must be a status, or the first and the last of a range')
  }
  const [from, to] = expected.map((each, index) => checkInteger(`${name}[${index}]`, each, STATUS))
  if ((from as number) > (to as number)) throw invalidArgument(name, 'must not end before it begins')
  return { from: from as number, to: to as number }
}

/** @internal Why `status` is not one of the expected ones; `undefined` when it is. */
export function statusFault(status: number, { from, to }: StatusRange): string | undefined {
  if (status >= from && status <= to) return undefined
  return `status ${status}, expected ${from === to ? from : `${from} to ${to}`}`
}
