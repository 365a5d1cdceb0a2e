import { formatNodeId, type NodeId } from '@astranet/interface'

/**
 * The replacer with which `JSON.stringify` writes node ids, which are bigints, in their text form:
 * `JSON.stringify(node.services(), nodeIdsAsText)`, also of `routes()`, `inspect()` and diagnostics messages.
 * `parseNodeId` reads such a text. Sockets and the addresses of listeners need no replacer.
 */
export function nodeIdsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? formatNodeId(value as NodeId) : value
}

/** @internal Makes `JSON.stringify` of plain data write node ids as texts, by a method that nobody else sees. */
export function writtenAsText<T extends object>(data: T): T {
  return Object.defineProperty(data, 'toJSON', { value: toPlain })
}

function toPlain(this: object): object {
  return Object.fromEntries(Object.entries(this).map(([key, value]) => [key, nodeIdsAsText(key, value)]))
}
