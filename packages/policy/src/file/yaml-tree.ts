import { isMap, isScalar, isSeq, type Node, type ParsedNode } from 'yaml'
import { ListFault, shown, type FaultPath } from '../proto/list/fault.js'

/** What a node of YAML says, as plain values. Throws a {@link ListFault} for what only YAML has: aliases and tags. */
export function toPlain(node: ParsedNode | null, path: FaultPath): unknown {
  if (node === null) return null
  if (isScalar(node)) return node.value
  if (isSeq(node))
    return node.items.map((item, index) => toPlain(item as ParsedNode | null, [...path, index]))
  if (!isMap(node))
    throw new ListFault(path, 'aliases are not supported; write a pattern that begins with "*" in quotes')
  const object: Record<string, unknown> = {}
  for (const pair of node.items) {
    const key = keyOf(pair.key)
    if (key === undefined) throw new ListFault(path, `a key must be a text, got ${shown(pair.key)}`)
    const value = toPlain(pair.value as ParsedNode | null, [...path, key])
    // Defined, not assigned: the key may be "__proto__".
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

/** Where the value, or with `isKey` the key, at `path` begins, as an offset; or the nearest thing above it. */
export function offsetOf(root: ParsedNode | null, path: FaultPath, isKey: boolean): number {
  let node: Node | null = root
  let offset = root?.range[0] ?? 0
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => keyOf(key) === part)
      if (pair === undefined) return offset
      offset = startOf(pair.key) ?? offset
      node = pair.value as Node | null
      if (isLast && isKey) return offset
    } else if (isSeq(node)) {
      node = (node.items[part as number] ?? null) as Node | null
    } else return offset
    offset = startOf(node) ?? offset
  }
  return offset
}

function keyOf(key: unknown): string | undefined {
  return isScalar(key) && typeof key.value === 'string' ? key.value : undefined
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0]
}
