import { codedError } from '@astranet/interface/check'
import { checkPolicyList } from './proto/list/check-list.js'
import { CompiledList } from './proto/list/compiled-list.js'
import { ListFault, faultText } from './proto/list/fault.js'

/** `list`, ready to be asked. Throws a `TypeError` or `RangeError` that names what is wrong in the argument `policy`. */
export function compileList(list: unknown): CompiledList {
  try {
    return new CompiledList(checkPolicyList(list))
  } catch (error) {
    if (!(error instanceof ListFault)) throw error
    const message = faultText(error, 'policy')
    throw error.isRange
      ? codedError(RangeError, 'ERR_OUT_OF_RANGE', message)
      : codedError(TypeError, 'ERR_INVALID_ARG_VALUE', message)
  }
}
