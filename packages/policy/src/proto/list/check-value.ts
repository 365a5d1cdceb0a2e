import { suggestion } from '@astranet/interface/check'
import { ListFault, shown, type FaultPath } from './fault.js'

/** `value` as an object of known keys, the required ones among them. Otherwise throws a {@link ListFault}. */
export function checkObject(
  path: FaultPath,
  value: unknown,
  keys: { readonly known: readonly string[]; readonly required: readonly string[] },
): Readonly<Record<string, unknown>> {
  const object = checkRecord(path, value)
  for (const key of Object.keys(object)) {
    if (keys.known.includes(key)) continue
    throw new ListFault([...path, key], `unknown key ${shown(key)}${suggestion(key, keys.known)}`, {
      isKey: true,
    })
  }
  const missing = keys.required.find((key) => !Object.hasOwn(object, key) || object[key] === undefined)
  if (missing !== undefined) throw new ListFault(path, `the key "${missing}" is missing`)
  return object
}

/** `value` as an object. Otherwise throws a {@link ListFault}. */
export function checkRecord(path: FaultPath, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new ListFault(path, `must be an object, got ${shown(value)}`)
}

/** `value` as a list of at most `max` items. Otherwise throws a {@link ListFault}. */
export function checkList(path: FaultPath, value: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new ListFault(path, `must be a list, got ${shown(value)}`)
  checkCount(path, value.length, max)
  return value as readonly unknown[]
}

/** Throws a {@link ListFault} if there are more than `max`. */
export function checkCount(path: FaultPath, count: number, max: number, what = 'items'): void {
  if (count <= max) return
  const text = `must have at most ${max.toLocaleString('en-US')} ${what}, got ${count.toLocaleString('en-US')}`
  throw new ListFault(path, text, { isRange: true })
}

/** `value` if it is one of `words`. Otherwise throws a {@link ListFault} that names the nearest. */
export function checkWord<Word extends string>(
  path: FaultPath,
  value: unknown,
  words: readonly Word[],
): Word {
  const word = words.find((each) => each === value)
  if (word !== undefined) return word
  const listed = words.map((each) => `"${each}"`).join(', ')
  throw new ListFault(path, `must be one of ${listed}, got ${shown(value)}${suggestion(value, words)}`)
}

/** `value` if it is a string. Otherwise throws a {@link ListFault}. */
export function checkText(path: FaultPath, value: unknown): string {
  if (typeof value === 'string') return value
  const cure = typeof value === 'number' || typeof value === 'boolean' ? ': put it in quotes' : ''
  throw new ListFault(path, `must be a string, got ${shown(value)}${cure}`)
}

/** `value` as a list: one text stands for a list of one. Throws a {@link ListFault} if it is empty or too long. */
export function checkOneOrMore(path: FaultPath, value: unknown, max: number): readonly OneOfMore[] {
  if (!Array.isArray(value)) return [{ path, value }]
  const list = checkList(path, value, max)
  if (list.length === 0) throw new ListFault(path, 'must not be empty: leave the key out for any')
  return Array.from(list, (each, index) => ({ path: [...path, index], value: each }))
}

/** An item with its own place. */
export interface OneOfMore {
  readonly path: FaultPath
  readonly value: unknown
}
