import { formatNodeId, toNodeId, type NodeId } from '@astranet/interface'
import type { Report } from '@astranet/registry'
import { describe, expect, test } from 'vitest'
import { RegistryReports } from '../src/links/registry-reports.js'
import { newIncarnation } from '../src/node/own-catalogue.js'

const [own, other] = [toNodeId(1n), toNodeId(2n)]

/** Reports of a catalogue, and what became of them. */
function reporting(): {
  readonly reports: RegistryReports
  readonly waiting: Report[]
  readonly reachable: Set<NodeId>
  /** A node can be reached, or not any more. */
  readonly change: (nodeId: NodeId, isReachable: boolean) => void
  /** How many nodes were gone through, and how many watches there are. */
  readonly counts: { walked: number; watches: number }
  readonly published: [name: string, message: object][]
  readonly warnings: [text: string, code: string][]
  isObserved: boolean
} {
  const waiting: Report[] = []
  const reachable = new Set<NodeId>()
  const published: [string, object][] = []
  const warnings: [string, string][] = []
  const listeners = new Set<(nodeId: NodeId) => void>()
  const counts = {
    walked: 0,
    get watches() {
      return listeners.size
    },
  }
  const change = (nodeId: NodeId, isReachable: boolean): void => {
    if (isReachable) reachable.add(nodeId)
    else reachable.delete(nodeId)
    for (const listener of listeners) listener(nodeId)
  }
  const state = { waiting, reachable, change, counts, published, warnings, isObserved: true }
  const reports = new RegistryReports({
    catalogue: {
      takeReports: () => waiting.splice(0),
      reachable: () => {
        counts.walked += reachable.size
        return reachable
      },
      isReachable: (nodeId) => reachable.has(nodeId),
      watchReachable: (onChange) => {
        listeners.add(onChange)
        return () => void listeners.delete(onChange)
      },
    },
    reporter: {
      publish: (name, message) => void published.push([name, message]),
      hasSubscribers: () => state.isObserved,
      warn: (text, code) => void warnings.push([text, code]),
    },
  })
  return Object.assign(state, { reports })
}

describe('another life of this node', () => {
  const rival: Report = { kind: 'rival', owner: own, speaker: other, text: 'it is newer' }

  test('is published each time; the second time, and only then, the user is warned', () => {
    const { reports, waiting, published, warnings } = reporting()
    waiting.push(rival)
    reports.publish()
    expect(published).toEqual([
      ['astranet:registry:conflict', { nodeId: own, speaker: other, text: 'it is newer' }],
    ])
    expect(warnings).toEqual([])
    for (let count = 0; count < 5; count++) {
      waiting.push(rival)
      reports.publish()
    }
    expect(published).toHaveLength(6)
    expect(warnings).toEqual([[expect.stringContaining(formatNodeId(own)), 'ASTRA_WARN_ID_CONFLICT']])
  })
})

test('what was refused is published as it is, and no warning', () => {
  const { reports, waiting, published, warnings } = reporting()
  const report: Report = { kind: 'forged', owner: own, speaker: other, text: 'not signed' }
  waiting.push(report)
  reports.publish()
  expect(published).toEqual([['astranet:registry:refused', report]])
  expect(warnings).toEqual([])
})

test('who can be reached is published as it changes, to observers who come late from the beginning', () => {
  const state = reporting()
  const { reports, change, counts, published } = state
  const taken = (): unknown[] => published.splice(0).map(([, message]) => message)
  state.isObserved = false
  change(own, true)
  reports.graphChanged()
  expect(taken()).toEqual([])
  state.isObserved = true
  reports.graphChanged()
  reports.graphChanged()
  expect(taken()).toEqual([{ nodeId: own, isReachable: true }])
  change(other, true)
  change(own, false)
  reports.graphChanged()
  expect(taken()).toEqual([
    { nodeId: own, isReachable: false },
    { nodeId: other, isReachable: true },
  ])
  change(other, false)
  change(other, true)
  reports.graphChanged()
  expect(taken()).toEqual([])
  // All of them once, when the observer came.
  expect(counts).toMatchObject({ walked: 1, watches: 1 })
  state.isObserved = false
  reports.graphChanged()
  expect(counts.watches).toBe(0)
})

test('an incarnation is the time in ms and ten random bits, and can always be followed by another', () => {
  expect(newIncarnation(5, 0)).toBe(5 * 1024)
  expect(newIncarnation(5.9, 0.9999)).toBe(5 * 1024 + 1023)
  expect(newIncarnation(-7, 0.5)).toBe(512)
  for (const ms of [2 ** 50, Number.MAX_SAFE_INTEGER, Infinity])
    expect(newIncarnation(ms, 0.5)).toBeLessThanOrEqual(2 ** 53 - 3)
})
