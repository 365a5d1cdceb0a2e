import type { RecordChange } from '../../src/proto/log/delta-result.js'
import type { LogContent } from '../../src/proto/log/log-content.js'
import { HEAD_BYTES } from '../../src/proto/log/log-head.js'
import { Merge } from '../../src/proto/log/merge.js'
import { isShown, type LogItem } from '../../src/proto/model/log-item.js'
import { isSameKey } from '../../src/proto/model/record.js'

/** A content of more entries has a map that the next content takes over, so it belongs to one catalogue. */
const MAX_SHARED_ENTRIES = 32

/** Contents that are remembered, the newest ones. */
const MAX_CONTENTS = 65_536

/**
 * From now on catalogues of this process that hold the same state of a log hold it as one object, where each real node
 * has its own. A content never changes, so they behave as before: every catalogue still checks and merges what it
 * receives by itself. A thousand routers that all hold a thousand nodes take half the memory. Not to be undone.
 */
export function shareContents(): void {
  const shared = new Map<string, LogContent>()
  const told = new WeakMap<Merge, readonly RecordChange[]>()
  const { accept, changes } = Merge.prototype
  Merge.prototype.changes = function (this: Merge): RecordChange[] {
    const made = changes.call(this)
    told.set(this, made)
    return made
  }
  Merge.prototype.accept = function (this: Merge, bytes: Uint8Array): LogContent {
    const content = accept.call(this, bytes)
    if (content.items.length > MAX_SHARED_ENTRIES) return content
    // The head is signed, so it stands for all that is behind it.
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, HEAD_BYTES).toString('latin1')
    const known = shared.get(head)
    if (known === undefined) {
      shared.set(head, content)
      for (const oldest of shared.keys()) {
        if (shared.size <= MAX_CONTENTS) break
        shared.delete(oldest)
      }
      return content
    }
    for (const change of told.get(this) ?? []) useItemOf(known.items, change)
    return known
  }
}

/** Readers and the graph get the shared record, too. */
function useItemOf(items: readonly LogItem[], change: { now: RecordChange['now'] }): void {
  const { now } = change
  if (now === undefined) return
  const item = items.find((each) => isShown(each) && isSameKey(each, now))
  if (item !== undefined && isShown(item)) change.now = item
}
