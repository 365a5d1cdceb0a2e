import { Glob } from './glob.js'
import type { PeerView } from './peer-view.js'
import { KEY, KEY_GLOB, NODE_ID, NODE_ID_GLOB, ROLE_GLOB } from './shapes.js'

/** What a pattern of peers is compared with. */
export type PeerPatternKind = 'any' | 'node' | 'key' | 'role'

/**
 * A pattern of peers:
 * - `*`: every peer,
 * - `n...`: a node id, or the parts of one and stars,
 * - 43 characters of base64url: a public key; `key:` and the same, or parts of it and stars,
 * - `role:` and the name of a role, with or without stars.
 */
export class PeerPattern {
  readonly text: string
  readonly kind: PeerPatternKind
  readonly #glob: Glob

  /** `text` must have a kind ({@link peerPatternKind}). */
  constructor(text: string) {
    this.text = text
    this.kind = peerPatternKind(text) ?? 'any'
    this.#glob = new Glob(comparedText(text, this.kind))
  }

  matches(peer: PeerView): boolean {
    switch (this.kind) {
      case 'any':
        return true
      case 'node':
        return this.#glob.matches(peer.nodeId)
      case 'key':
        return this.#glob.matches(peer.key)
      case 'role':
        return peer.roles.some((role) => this.#glob.matches(role))
    }
  }
}

/** The kind of the pattern `text`, or `undefined` if it is no pattern. */
export function peerPatternKind(text: string): PeerPatternKind | undefined {
  if (text === '*') return 'any'
  if (text.startsWith('role:')) return ROLE_GLOB.test(text.slice('role:'.length)) ? 'role' : undefined
  if (text.startsWith('key:')) return isKeyPattern(text.slice('key:'.length)) ? 'key' : undefined
  if (NODE_ID.test(text)) return 'node'
  if (KEY.test(text)) return 'key'
  return text.length <= MAX_ID_GLOB_CHARACTERS && text.includes('*') && NODE_ID_GLOB.test(text)
    ? 'node'
    : undefined
}

/** The longest pattern of parts of an id or key, in characters: a run of stars is of no use. */
export const MAX_ID_GLOB_CHARACTERS = 64

function isKeyPattern(text: string): boolean {
  if (KEY.test(text)) return true
  return text.length <= MAX_ID_GLOB_CHARACTERS && text.includes('*') && KEY_GLOB.test(text)
}

function comparedText(text: string, kind: PeerPatternKind): string {
  if (kind === 'node') return text.toLowerCase()
  return text.replace(/^(?:role|key):/, '')
}
