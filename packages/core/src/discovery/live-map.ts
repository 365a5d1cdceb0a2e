/**
 * A map that shows what there is at the moment of each call: it keeps nothing itself. An iteration goes over what there
 * was when it began. Reads never wait for the network.
 */
export abstract class LiveMap<K, V> implements ReadonlyMap<K, V> {
  /** How many keys there are. */
  abstract get size(): number

  /** The value under `key`; `undefined` when there is none. */
  abstract get(key: K): V | undefined

  /** A copy of what there is. */
  protected abstract snapshot(): Map<K, V>

  /** Whether there is a value under `key`. */
  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  /** The keys. */
  keys(): MapIterator<K> {
    return this.snapshot().keys()
  }

  /** The values. */
  values(): MapIterator<V> {
    return this.snapshot().values()
  }

  /** Keys with their values. */
  entries(): MapIterator<[K, V]> {
    return this.snapshot().entries()
  }

  /** Keys with their values. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  /** Calls `callback` for each value. */
  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.snapshot()) callback.call(thisArg, value, key, this)
  }
}
