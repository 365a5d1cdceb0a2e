/** The names of features in HELLO (spec section 5.5). Names that are not known are ignored. */
export const Feature = {
  /** The node has a registry, in the form that spec/registry.md describes. A link names it by itself. */
  REGISTRY: 'registry-2',
  /** The node holds everything that it hears of the registry, not only what it asks for. */
  REGISTRY_ALL: 'registry-all',
} as const

/** Whether both sides named a feature. */
export function isShared(feature: string, own: readonly string[], peer: readonly string[]): boolean {
  return own.includes(feature) && peer.includes(feature)
}
