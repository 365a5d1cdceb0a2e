import { utf8Length } from '@astranet/interface'
import { invalidType } from '@astranet/interface/check'
import { MAX_POLICY_BYTES } from '../proto/limits.js'
import { checkPolicyList } from '../proto/list/check-list.js'
import { ListFault, faultText } from '../proto/list/fault.js'
import type { PolicyList } from '../proto/list/policy-list.js'
import { parseYaml } from './parse-yaml.js'
import { policyError, tooLarge } from './policy-error.js'
import { offsetOf, toPlain } from './yaml-tree.js'

/**
 * Reads a list from text: JSON, or YAML 1.2, of which JSON is a part. Aliases, tags and several documents are not
 * supported. At most 1 MiB.
 *
 * Throws `ASTRA_ERR_POLICY` for the first thing that is wrong. The message begins with `fileName`, the line and the
 * column, and names the key: `policy.yaml:7:5: rules[1]: unknown key "efect", did you mean "effect"?`
 */
export function parsePolicy(text: string, fileName: string): PolicyList {
  if (typeof text !== 'string') throw invalidType('text', 'of type string', text)
  if (typeof fileName !== 'string') throw invalidType('fileName', 'of type string', fileName)
  if (text.length > MAX_POLICY_BYTES || utf8Length(text) > MAX_POLICY_BYTES) throw tooLarge(fileName)
  const { contents, placeOf } = parseYaml(text, fileName)
  try {
    const list = toPlain(contents, [])
    checkPolicyList(list)
    return list as PolicyList
  } catch (error) {
    if (!(error instanceof ListFault)) throw error
    const place = placeOf(offsetOf(contents, error.path, error.isKey))
    throw policyError(`${fileName}:${place}: ${faultText(error, '')}`)
  }
}
