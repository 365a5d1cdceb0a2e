import { VirtualClock } from '@astranet/testkit/sim'
import { DialError, RefusalReason } from '@astranet/link'
import { describe, expect, test } from 'vitest'
import { MAX_IN_FLIGHT, raceAddresses } from '../src/links/ways/address-race.js'
import { turn } from './support.js'

interface Attempted {
  readonly address: number
  readonly atMs: number
  readonly signal: AbortSignal
  readonly connected: () => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A race over the addresses 0, 1, 2, ... whose attempts the test ends. */
function race(count: number) {
  const clock = new VirtualClock()
  const attempts: Attempted[] = []
  const ending = new AbortController()
  const addresses = Array.from({ length: count }, (_, index) => index)
  const result = raceAddresses(addresses, {
    ...{ clock, signal: ending.signal },
    attempt: (address, signal, connected) =>
      new Promise((resolve, reject) => {
        attempts.push({ address, atMs: clock.now(), signal, connected, resolve, reject })
      }),
  }).then(
    () => 'linked',
    (error: Error) => error.message,
  )
  const started = clock.now()
  const times = (): number[] => attempts.map(({ atMs }) => atMs - started)
  const at = (index: number): Attempted => attempts[index] as Attempted
  return { clock, attempts, at, times, ending, result }
}

describe('a race over the addresses of a node', () => {
  test('comes to the last of sixteen within 1.5 s, though none of the others answers', async () => {
    const { clock, attempts, at, times, result } = race(16)
    clock.advance(1_500)
    expect(times()).toEqual(Array.from({ length: 16 }, (_, index) => 100 * index))
    at(15).connected()
    at(15).resolve()
    expect(await result).toBe('linked')
    expect(attempts.filter(({ signal }) => !signal.aborted)).toEqual([])
  })

  test('asks no second address when the first answers at once, and leaves it time for its handshake', async () => {
    const { clock, at, times, result } = race(3)
    clock.advance(50)
    at(0).connected()
    clock.advance(999)
    expect(times()).toEqual([0])
    clock.advance(1)
    expect(times()).toEqual([0, 1_050])
    at(0).resolve()
    expect(await result).toBe('linked')
    clock.advance(10_000)
    expect(times()).toEqual([0, 1_050])
  })

  test('asks the next address at once when one fails, and says what tells most', async () => {
    const { clock, at, times, result } = race(3)
    at(0).reject(new Error('nobody there'))
    await turn()
    expect(times()).toEqual([0, 0])
    clock.advance(100)
    expect(times()).toEqual([0, 0, 100])
    at(1).reject(new DialError('EACCES', 'not you', { reason: RefusalReason.FORBIDDEN, isRetryable: false }))
    at(2).reject(new Error('too late'))
    expect(await result).toBe('not you')
  })

  test('has a limit of attempts at the same time', async () => {
    const { clock, at, attempts, times } = race(MAX_IN_FLIGHT + 2)
    clock.advance(60_000)
    expect(times()).toHaveLength(MAX_IN_FLIGHT)
    at(3).reject(new Error('nobody there'))
    await turn()
    expect(attempts.map(({ address }) => address).at(-1)).toBe(MAX_IN_FLIGHT)
    clock.advance(60_000)
    expect(times()).toHaveLength(MAX_IN_FLIGHT + 1)
  })

  test('gives all up when its signal aborts, and asks nobody when that was before', async () => {
    const { clock, attempts, ending, result } = race(3)
    clock.advance(100)
    ending.abort(new Error('enough'))
    expect(await result).toBe('enough')
    expect(attempts.map(({ signal }) => signal.aborted)).toEqual([true, true])
    clock.advance(10_000)
    expect(attempts).toHaveLength(2)
    let asked = 0
    const attempt = (): Promise<void> => Promise.resolve(void (asked += 1))
    const late = raceAddresses([1], { clock, signal: ending.signal, attempt })
    await expect(late).rejects.toThrow('enough')
    expect(asked).toBe(0)
  })

  test('has nothing to say of no address', async () => {
    expect(await race(0).result).toBe('there was no way to try')
  })
})
