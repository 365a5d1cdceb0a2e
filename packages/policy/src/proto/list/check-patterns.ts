import { suggestion } from '@astranet/interface/check'
import { MAX_PATTERNS_PER_LIST } from '../limits.js'
import { Glob } from '../patterns/glob.js'
import { PeerPattern, peerPatternKind } from '../patterns/peer-pattern.js'
import { ServicePattern, isServicePattern } from '../patterns/service-pattern.js'
import { KEY, NODE_ID } from '../patterns/shapes.js'
import { checkOneOrMore, checkText } from './check-value.js'
import { ListFault, shown, type FaultPath } from './fault.js'

/** The patterns of peers at `path`. Throws a {@link ListFault} if one is wrong or names a role that is not listed. */
export function checkPeerPatterns(
  path: FaultPath,
  value: unknown,
  roles: ReadonlySet<string>,
): readonly PeerPattern[] {
  return checkOneOrMore(path, value, MAX_PATTERNS_PER_LIST).map((item) => {
    const text = checkText(item.path, item.value)
    if (peerPatternKind(text) === undefined) throw new ListFault(item.path, peerFault(text, roles))
    const pattern = new PeerPattern(text)
    if (pattern.kind === 'role') checkRole(item.path, text.slice('role:'.length), roles)
    return pattern
  })
}

/** The patterns of services at `path`. Throws a {@link ListFault} if one is wrong. */
export function checkServicePatterns(path: FaultPath, value: unknown): readonly ServicePattern[] {
  return checkOneOrMore(path, value, MAX_PATTERNS_PER_LIST).map((item) => {
    const text = checkText(item.path, item.value)
    if (isServicePattern(text)) return new ServicePattern(text)
    throw new ListFault(
      item.path,
      `${shown(text)} is no pattern of services: write name or environment/name, at most 511 characters ` +
        'without control characters, white space, ":" and "@"',
    )
  })
}

/** The node id, in lower case, or the key at `path`. Throws a {@link ListFault} if it is neither. */
export function checkMember(path: FaultPath, value: unknown): string {
  const text = checkText(path, value)
  if (NODE_ID.test(text)) return text.toLowerCase()
  if (KEY.test(text)) return text
  throw new ListFault(path, `${shown(text)} is neither a node id nor a public key in base64url`)
}

function checkRole(path: FaultPath, pattern: string, roles: ReadonlySet<string>): void {
  const glob = new Glob(pattern)
  for (const role of roles) if (glob.matches(role)) return
  const advice = suggestion(pattern, roles) || ': list it in "roles", with [] if only grants give it'
  throw new ListFault(path, `no role of "roles" is ${shown(pattern)}${advice}`)
}

function peerFault(text: string, roles: ReadonlySet<string>): string {
  const advice = roles.has(text)
    ? `, did you mean "role:${text}"?`
    : ': write "*", a node id, a public key in base64url, or "role:" and a name'
  return `${shown(text)} is no pattern of peers${advice}`
}
