import { MAX_MEMBERS_PER_ROLE, MAX_PATTERNS, MAX_ROLES, MAX_RULES } from '../limits.js'
import type { RoleMembers } from '../patterns/peer-view.js'
import { ROLE } from '../patterns/shapes.js'
import { checkMember } from './check-patterns.js'
import { checkRule } from './check-rule.js'
import { checkCount, checkList, checkObject, checkRecord, checkText, checkWord } from './check-value.js'
import { ListFault, shown, type FaultPath } from './fault.js'
import type { Rule } from './rule.js'

const KEYS = { known: ['$schema', 'roles', 'rules', 'default'], required: ['rules'] }

/** A list that was found to be right, ready to be asked. */
export interface CheckedList {
  readonly rules: readonly Rule[]
  readonly members: RoleMembers
  /** What is decided when no rule matches. */
  readonly isAllowing: boolean
}

/** Reads a list. Throws a {@link ListFault} for the first thing in it that is wrong. */
export function checkPolicyList(value: unknown): CheckedList {
  const list = checkObject([], value, KEYS)
  if (list['$schema'] !== undefined) checkText(['$schema'], list['$schema'])
  const roles = list['roles'] === undefined ? new Map<string, readonly string[]>() : checkRoles(list['roles'])
  const rules = checkRules(['rules'], list['rules'], new Set(roles.keys()))
  const effect =
    list['default'] === undefined ? 'deny' : checkWord(['default'], list['default'], ['allow', 'deny'])
  return { rules, members: rolesByMember(roles), isAllowing: effect === 'allow' }
}

/** The members of each role. */
function checkRoles(value: unknown): ReadonlyMap<string, readonly string[]> {
  const roles = checkRecord(['roles'], value)
  const names = Object.keys(roles)
  checkCount(['roles'], names.length, MAX_ROLES, 'roles')
  return new Map(names.map((name) => [name, checkRoleMembers(['roles', name], roles[name])]))
}

function checkRoleMembers(path: FaultPath, value: unknown): readonly string[] {
  const name = path.at(-1)
  if (!ROLE.test(String(name))) {
    const text = `${shown(name)} is no name of a role: write 1 to 64 letters, digits, ".", "_" and "-"`
    throw new ListFault(path, text, { isKey: true })
  }
  const members = checkList(path, value, MAX_MEMBERS_PER_ROLE)
  return Array.from(members, (member, index) => checkMember([...path, index], member))
}

function checkRules(path: FaultPath, value: unknown, roles: ReadonlySet<string>): readonly Rule[] {
  const places = new Map<string, number>()
  let patterns = 0
  return Array.from(checkList(path, value, MAX_RULES), (each, index) => {
    const rule = checkRule([...path, index], each, roles)
    const { name, peers, to, services } = rule.parts
    const place = places.get(name)
    if (place !== undefined) {
      throw new ListFault([...path, index, 'name'], `${shown(name)} is also the name of rules[${place}]`)
    }
    places.set(name, index)
    patterns += (peers?.length ?? 0) + (to?.length ?? 0) + (services?.length ?? 0)
    checkCount(path, patterns, MAX_PATTERNS, 'patterns')
    return rule
  })
}

/** Names of roles by node id and by key: maps, so that no name means something to JavaScript. */
function rolesByMember(roles: ReadonlyMap<string, readonly string[]>): RoleMembers {
  const byMember = new Map<string, string[]>()
  for (const [role, members] of roles) {
    for (const member of new Set(members)) {
      const found = byMember.get(member)
      if (found === undefined) byMember.set(member, [role])
      else found.push(role)
    }
  }
  return byMember
}
