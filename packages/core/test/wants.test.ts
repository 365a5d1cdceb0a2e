import type { Want } from '@astranet/registry'
import { describe, expect, test } from 'vitest'
import { MAX_WANTED_NAMES, WANT_KEPT_MS, Wants, type WantsParts } from '../src/discovery/wants.js'
import { SkipClock } from './support.js'

/** What is asked of the network at present, and a way to answer. */
class Asked {
  readonly names = new Map<string, number>()
  all = 0
  /** How often the neighbours were to be told. */
  told = 0
  readonly #waiting: (() => void)[] = []
  #isAnswered = false

  readonly catalogue: WantsParts['catalogue']

  constructor(scope: 'all' | 'wanted' = 'wanted') {
    this.catalogue = {
      catalogue: scope,
      want: (environment, name, onAnswered) => this.#want(`${environment} ${name}`, onAnswered),
      wantAll: (onAnswered) => this.#want(undefined, onAnswered),
    }
  }

  answer(): void {
    this.#isAnswered = true
    for (const each of this.#waiting.splice(0)) each()
  }

  #want(key: string | undefined, onAnswered: (() => void) | undefined): Want {
    const count = (by: number): void => {
      if (key === undefined) this.all += by
      else if (by > 0 && this.names.has(key)) throw new Error(`${key} is asked for twice`)
      else if (by > 0) this.names.set(key, 1)
      else this.names.delete(key)
    }
    count(1)
    if (onAnswered !== undefined) this.#waiting.push(onAnswered)
    const isAnswered = (): boolean => this.#isAnswered
    return {
      get isAnswered() {
        return isAnswered()
      },
      close: () => count(-1),
    }
  }
}

function parts(scope?: 'all' | 'wanted'): { asked: Asked; clock: SkipClock; wants: Wants } {
  const asked = new Asked(scope)
  const clock = new SkipClock()
  return {
    asked,
    clock,
    wants: new Wants({ catalogue: asked.catalogue, clock, onChange: () => (asked.told += 1) }),
  }
}

describe('the names that a leaf asks for', () => {
  test('are those that are dialed, until 60 s after the last dial', async () => {
    const { asked, clock, wants } = parts()
    wants.use('', 'a')
    wants.use('x', 'a')
    await clock.advance(WANT_KEPT_MS - 1)
    wants.use('', 'a')
    expect([[...asked.names.keys()], asked.told]).toEqual([[' a', 'x a'], 2])
    await clock.advance(1)
    expect([...asked.names.keys()]).toEqual([' a'])
    await clock.advance(WANT_KEPT_MS)
    expect([asked.names.size, wants.size, clock.pending, asked.told]).toEqual([0, 0, 0, 4])
  })

  test('are those that are held, by one or several callers', async () => {
    const { asked, clock, wants } = parts()
    const [one, two] = [wants.hold('', 'a', () => undefined), wants.hold('', 'a', () => undefined)]
    one.close()
    one.close()
    await clock.advance(10 * WANT_KEPT_MS)
    expect(asked.names.size).toBe(1)
    two.close()
    expect(asked.names.size).toBe(0)
    wants.use('', 'b')
    const held = wants.hold('', 'b', () => undefined)
    await clock.advance(WANT_KEPT_MS)
    expect(asked.names.size).toBe(1)
    held.close()
    expect([asked.names.size, clock.pending]).toEqual([0, 0])
  })

  test('tell each holder once when the network has answered, and none that has gone', () => {
    const { asked, wants } = parts()
    const told: string[] = []
    const one = wants.hold('', 'a', () => told.push('one'))
    wants.hold('', 'a', () => told.push('two')).close()
    const three = wants.hold('', 'a', () => told.push('three'))
    expect([one.isAnswered, three.isAnswered]).toEqual([false, false])
    asked.answer()
    asked.answer()
    expect(told).toEqual(['one', 'three'])
    expect(wants.hold('', 'a', () => told.push('late')).isAnswered).toBe(true)
    expect(told).toHaveLength(2)
  })

  test('are bounded: the one dialed longest ago gives way, and when all are held everything is asked for', async () => {
    const { asked, clock, wants } = parts()
    for (let index = 0; index < MAX_WANTED_NAMES; index++) {
      wants.use('', `name-${index}`)
      if (index === 0) await clock.advance(1)
    }
    wants.use('', 'new')
    expect([wants.size, asked.names.has(' name-0'), asked.names.has(' new')]).toEqual([
      MAX_WANTED_NAMES,
      false,
      true,
    ])
    const held = Array.from({ length: MAX_WANTED_NAMES }, (_, index) =>
      wants.hold('', `held-${index}`, () => {}),
    )
    expect([wants.size, asked.all, asked.names.has(' new')]).toEqual([MAX_WANTED_NAMES, 0, false])
    const further = wants.hold('', 'further', () => {})
    wants.use('', 'dialed')
    expect([asked.all, asked.names.size]).toEqual([1, MAX_WANTED_NAMES])
    for (const each of [further, ...held]) each.close()
    expect([asked.all, asked.names.size]).toEqual([0, 0])
  })

  test('are none when the node is closed, and none on a node that holds all', async () => {
    const { asked, clock, wants } = parts()
    wants.use('', 'a')
    wants.hold('', 'b', () => undefined)
    wants.close()
    wants.close()
    wants.use('', 'c')
    expect([asked.names.size, clock.pending]).toEqual([0, 0])
    const full = parts('all')
    full.wants.use('', 'a')
    expect([full.asked.names.size, full.clock.pending]).toEqual([0, 0])
  })
})
