import { toNodeId } from '@astranet/interface'
import { expect, test } from 'vitest'
import { leave, LEAVING_MS } from '../src/links/leaving.js'
import { SkipClock, turns } from './support.js'

/** A node that leaves, and how far that is. */
function leaving(neighbours = 1): {
  readonly clock: SkipClock
  readonly left: () => boolean
  readonly isPromised: boolean
  readonly sent: () => void
  isSealed: boolean
  hasUnsentRegistry: boolean
} {
  const clock = new SkipClock()
  const state = { clock, isSealed: false, hasUnsentRegistry: true }
  let onSent = (): void => undefined
  let hasLeft = false
  const left = leave({
    clock,
    catalogue: {
      leave: () => undefined,
      neighbours: () => Array.from({ length: neighbours }, (_, n) => toNodeId(BigInt(n))),
      get hasLeft() {
        return state.isSealed
      },
    },
    sync: { sendLast: (callback) => (onSent = callback) },
    preferred: [[toNodeId(1n), state]],
  })
  void left?.then(() => (hasLeft = true))
  return Object.assign(state, { left: () => hasLeft, isPromised: left !== undefined, sent: () => onSent() })
}

test('a node without neighbours has nobody to wait for', () => {
  expect(leaving(0).isPromised).toBe(false)
})

test('the last state is waited for until it is signed, sent and handed over, and no timer stays', async () => {
  const state = leaving()
  state.sent()
  await turns(5)
  expect(state.left()).toBe(false)
  state.isSealed = true
  state.sent()
  await state.clock.advance(100)
  expect(state.left()).toBe(false)
  state.hasUnsentRegistry = false
  await state.clock.advance(20)
  expect(state.left()).toBe(true)
  expect(state.clock.pending).toBe(0)
})

test('a node whose last state cannot leave goes without it in time', async () => {
  for (const isSealed of [false, true]) {
    const state = leaving()
    state.isSealed = isSealed
    state.sent()
    await state.clock.advance(LEAVING_MS - 1)
    expect(state.left()).toBe(false)
    await state.clock.advance(1)
    expect(state.left()).toBe(true)
    state.sent()
    await turns(5)
    expect(state.clock.pending).toBe(0)
  }
})
