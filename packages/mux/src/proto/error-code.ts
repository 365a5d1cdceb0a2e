import type { WireInteger } from '@astranet/frame'
import { invalidType, outOfRange } from '@astranet/interface/check'

/** `code` when it is an application error code, an integer from 0 to 2^62 - 1; otherwise throws. */
export function checkErrorCode(code: WireInteger): WireInteger {
  if (typeof code === 'bigint') {
    if (code >= 0n && code < 1n << 62n) return code
  } else if (typeof code !== 'number') {
    throw invalidType('code', 'of type number or bigint', code)
  } else if (Number.isSafeInteger(code) && code >= 0) return code
  throw outOfRange('code', 'an integer from 0 to 2^62 - 1', code)
}
