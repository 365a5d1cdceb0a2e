import { concatBytes, nodeIdToBytes, type NodeId } from '@astranet/interface'
import { encodeMessage } from '@astranet/frame/message'
import type { RegistryCrypto, RegistrySigner } from '../../src/proto/crypto.js'
import type { LogKind } from '../../src/proto/log/log-id.js'
import { checkOf, statementOf, type SignedState } from '../../src/proto/log/signed-state.js'
import type { DeltasMessage } from '../../src/proto/wire/message.js'

type Delta = DeltasMessage['deltas'][number]

/** What a made-up log says of itself; what is left out is as an honest node would say it. */
export interface Forgery {
  readonly kind: LogKind
  readonly incarnation: number
  /** The owner; default the signer. */
  readonly owner?: NodeId
  /** Entries by sequence, as plain values: kind, key, value. */
  readonly entries: readonly (readonly [sequence: number, kind: number, key: unknown, value: unknown])[]
  readonly sequence?: number
  readonly watermark?: number
  readonly signature?: Uint8Array
}

/** A whole log in one delta, written without any of the checks of an honest node. */
export async function forge(
  signer: RegistrySigner,
  crypto: RegistryCrypto,
  forgery: Forgery,
): Promise<Delta> {
  const entries = concatBytes(forgery.entries.map((entry) => encodeMessage(entry)))
  const root = await crypto.hash(entries)
  const state: Omit<SignedState, 'signature'> = {
    incarnation: forgery.incarnation,
    sequence: forgery.sequence ?? forgery.entries.at(-1)?.[0] ?? 0,
    check: checkOf(root),
    watermark: forgery.watermark ?? 0,
    count: forgery.entries.length,
    size: entries.length,
    root,
  }
  const signature = forgery.signature ?? (await signer.sign(statementOf(forgery.kind, state)))
  return {
    owner: forgery.owner ?? signer.nodeId,
    kind: forgery.kind,
    publicKey: signer.publicKey,
    state: { ...state, signature },
    since: undefined,
    hasMore: false,
    entries,
  }
}

/** An entry for a service. */
export function serviceEntry(sequence: number, name: string, port = 1): Forgery['entries'][number] {
  return [sequence, 1, ['', name, port], [[], 1, '', '', 0]]
}

/** An entry for the node itself. */
export function nodeEntry(
  sequence: number,
  roles: readonly string[],
  routers: readonly NodeId[] = [],
): Forgery['entries'][number] {
  return [sequence, 0, [], [roles, [], routers.map(nodeIdToBytes)]]
}

/** An entry for a link. */
export function linkEntry(sequence: number, to: NodeId, incarnation: number): Forgery['entries'][number] {
  return [sequence, 2, [nodeIdToBytes(to)], [incarnation, 1]]
}

/** A snapshot in parts that fit into messages. */
export function inParts(delta: Delta, partBytes = 50_000): Delta[] {
  const parts: Delta[] = []
  let start = 0
  let since: Delta['since']
  while (start < delta.entries.length || parts.length === 0) {
    let end = start
    let sequence = 0
    while (end < delta.entries.length && end - start < partBytes) {
      const { next, sequence: at } = readEntry(delta.entries, end)
      end = next
      sequence = at
    }
    const hasMore = end < delta.entries.length
    parts.push({
      ...delta,
      publicKey: since === undefined ? delta.publicKey : undefined,
      since,
      hasMore,
      entries: delta.entries.subarray(start, end),
    })
    since = { incarnation: delta.state.incarnation, sequence, check: 0 }
    start = end
  }
  return parts
}

/** Where the entry at `start` ends, and its sequence. Entries here are short arrays with small sequences. */
function readEntry(bytes: Uint8Array, start: number): { next: number; sequence: number } {
  const first = bytes[start] as number
  const prefix = first < 0x40 ? 1 : first < 0x80 ? 2 : 4
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const length =
    prefix === 1 ? first : prefix === 2 ? view.getUint16(start) & 0x3fff : view.getUint32(start) & 0x3fffffff
  const at = start + prefix + 1
  const tag = bytes[at] as number
  const sequence =
    tag < 0x80
      ? tag
      : tag === 0xcc
        ? (bytes[at + 1] as number)
        : tag === 0xcd
          ? view.getUint16(at + 1)
          : view.getUint32(at + 1)
  return { next: start + prefix + length, sequence }
}
