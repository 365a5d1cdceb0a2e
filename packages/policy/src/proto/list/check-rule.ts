import type { PolicyAction } from '../model.js'
import { RULE_NAME } from '../patterns/shapes.js'
import { checkPeerPatterns, checkServicePatterns } from './check-patterns.js'
import { checkObject, checkOneOrMore, checkText, checkWord } from './check-value.js'
import { ListFault, shown, type FaultPath } from './fault.js'
import { Rule } from './rule.js'

const KEYS = {
  known: ['name', 'action', 'peers', 'to', 'services', 'effect'],
  required: ['name', 'action', 'effect'],
}
const ACTIONS: readonly PolicyAction[] = ['link', 'dial', 'offer', 'forward']
const EFFECTS = ['allow', 'deny'] as const

/** The rule at `path`. Throws a {@link ListFault} if something in it is wrong. */
export function checkRule(path: FaultPath, value: unknown, roles: ReadonlySet<string>): Rule {
  const rule = checkObject(path, value, KEYS)
  const name = checkName([...path, 'name'], rule['name'])
  const actions = checkActions([...path, 'action'], rule['action'])
  const parts = {
    peers: optional(path, rule, 'peers', (at, patterns) => checkPeerPatterns(at, patterns, roles)),
    to: optional(path, rule, 'to', (at, patterns) => {
      checkUse(at, actions, ['forward'])
      return checkPeerPatterns(at, patterns, roles)
    }),
    services: optional(path, rule, 'services', (at, patterns) => {
      checkUse(at, actions, ['dial', 'offer'])
      return checkServicePatterns(at, patterns)
    }),
  }
  const effect = checkWord([...path, 'effect'], rule['effect'], EFFECTS)
  return new Rule({ name, actions, ...parts, isAllowing: effect === 'allow' })
}

function checkName(path: FaultPath, value: unknown): string {
  const name = checkText(path, value)
  if (RULE_NAME.test(name)) return name
  throw new ListFault(path, `must be 1 to 64 characters without control characters, got ${shown(name)}`)
}

function checkActions(path: FaultPath, value: unknown): ReadonlySet<PolicyAction> {
  const actions = new Set<PolicyAction>()
  for (const item of checkOneOrMore(path, value, ACTIONS.length)) {
    const action = checkWord(item.path, item.value, ACTIONS)
    if (actions.has(action)) throw new ListFault(item.path, `"${action}" is there twice`)
    actions.add(action)
  }
  return actions
}

/** A part that cannot apply to one of the actions would make a rule broader or narrower than it reads. */
function checkUse(
  path: FaultPath,
  actions: ReadonlySet<PolicyAction>,
  usable: readonly PolicyAction[],
): void {
  const other = [...actions].find((action) => !usable.includes(action))
  if (other === undefined) return
  const key = String(path.at(-1))
  const text = `"${key}" does not apply to the action "${other}", only to ${usable.join(' and ')}`
  throw new ListFault(path, text, { isKey: true })
}

function optional<T>(
  path: FaultPath,
  rule: Readonly<Record<string, unknown>>,
  key: string,
  check: (path: FaultPath, value: unknown) => T,
): T | undefined {
  const value = Object.hasOwn(rule, key) ? rule[key] : undefined
  return value === undefined ? undefined : check([...path, key], value)
}
