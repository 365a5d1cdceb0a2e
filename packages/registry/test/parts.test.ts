import { expect, it } from 'vitest'
import type { Delta } from '../src/proto/log/delta.js'
import type { OwnLog } from '../src/proto/log/own-log.js'
import { MIN_TOMBSTONES } from '../src/proto/model/limits.js'
import { DirtyQueue, nextPart, type DirtyLog } from '../src/proto/sync/dirty-queue.js'
import { OwnSharedLog } from '../src/proto/sync/own-shared-log.js'
import { identity } from './support/identity.js'
import { now, ownLog, replica, sealed, service } from './support/logs.js'

const owner = identity(1)
const speaker = identity(2).nodeId

/** Services that stay, and so many changes after them that the first tombstones are dropped. */
function fill(log: OwnLog, firstPort: number): void {
  for (let port = firstPort; port < firstPort + 2 * MIN_TOMBSTONES; port++) {
    log.put(service(owner.nodeId, 'passing', port))
    log.withdraw({ kind: 'service', environment: '', name: 'passing', port })
  }
  sealed(log, owner)
}

function due(log: OwnLog): DirtyLog {
  const queue = new DirtyQueue()
  queue.add(new OwnSharedLog(owner.nodeId, owner.publicKey, log), undefined)
  return queue.first as DirtyLog
}

function logOfThree(): OwnLog {
  const log = ownLog()
  for (const port of [1, 2, 3]) log.put(service(owner.nodeId, 'echo', port))
  return log
}

it('a log whose live entries are older than its watermark arrives in parts', () => {
  const log = logOfThree()
  fill(log, 100)
  expect(log.watermark).toBeGreaterThan(3)
  const entry = due(log)
  const of = replica(owner.nodeId)
  const kinds: string[] = []
  while (kinds.at(-1) !== 'applied' && kinds.length < 500) {
    kinds.push(now(of.apply(nextPart(entry, 1) as Delta, speaker)).kind)
  }
  expect(kinds.at(-1)).toBe('applied')
  expect(kinds).toHaveLength(log.state?.count ?? 0)
  expect(of.state).toEqual(log.state)
})

it('begins anew when tombstones were dropped that it has not reached', () => {
  const log = logOfThree()
  sealed(log, owner)
  const entry = due(log)
  const of = replica(owner.nodeId)
  now(of.apply(nextPart(entry, 1) as Delta, speaker))
  log.withdraw({ kind: 'service', environment: '', name: 'echo', port: 1 })
  fill(log, 100)
  const next = nextPart(entry, 65_000) as Delta
  expect(next.since).toBeUndefined()
  expect(now(of.apply(next, speaker)).kind).toBe('applied')
  expect([...of.records()]).toMatchObject([{ port: 2 }, { port: 3 }])
})
