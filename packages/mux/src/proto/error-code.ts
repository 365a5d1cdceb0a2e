import type { WireInteger } from '@astranet/frame'

/** `code` when it is an application error code, an integer from 0 to 2^62 - 1; otherwise throws. */
export function checkErrorCode(code: WireInteger): WireInteger {
  if (typeof code === 'bigint') {
    if (code >= 0n && code < 1n << 62n) return code
  } else if (typeof code !== 'number') {
    throw new TypeError(`code must be a number or a bigint, got ${typeof code}`)
  } else if (Number.isSafeInteger(code) && code >= 0) return code
  throw new RangeError(`code must be an integer from 0 to 2^62 - 1, got ${code}`)
}
