/** Where in a list something is wrong: keys and positions from the top. */
export type FaultPath = readonly (string | number)[]

/** What is wrong with a list. Callers of the checker turn it into the error of their own surface. */
export class ListFault extends Error {
  readonly path: FaultPath
  /** Whether the key at the path is wrong, and not its value. */
  readonly isKey: boolean
  /** Whether it is a number or length that is out of its range. */
  readonly isRange: boolean

  constructor(path: FaultPath, message: string, kind: { isKey?: boolean; isRange?: boolean } = {}) {
    super(message)
    this.path = path
    this.isKey = kind.isKey ?? false
    this.isRange = kind.isRange ?? false
  }
}

/** What is wrong, with the place of what has the fault; `root` is the name of the list itself, and may be empty. */
export function faultText({ path, isKey, message }: ListFault, root: string): string {
  const subject = pathText([...(root === '' ? [] : [root]), ...(isKey ? path.slice(0, -1) : path)])
  const isPredicate = message.startsWith('must')
  if (subject === '') return isPredicate ? `a policy ${message}` : message
  return isPredicate ? `${subject} ${message}` : `${subject}: ${message}`
}

/** A path as programs write it: `rules[3].effect`, `roles["a b"]`. Empty for the list itself. */
function pathText(path: FaultPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[A-Za-z_$][\w$]*$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${shown(part)}]`
  }
  return text
}

/** A value as messages quote it, on one line and not too long. Never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : typeof value
}
