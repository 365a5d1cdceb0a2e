import { AstraError, toNodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { expect, test } from 'vitest'
import { RegistrySync, type RegistrySyncParts } from '../src/links/registry-sync.js'
import { SkipClock, turns } from './support.js'

const neighbour = toNodeId(7n)

/** A link to the neighbour, of one of its lives. */
function linkOf(life: number, closes: string[] = []): Link {
  const link: Partial<Link> = {
    facts: { incarnation: 5, life, isDialedHere: true, sequence: 0 },
    peer: { incarnation: 9, features: ['registry-2'], roles: [] } as unknown as NonNullable<Link['peer']>,
    canSendRegistry: false,
    close: (_code, reason = '') => void closes.push(reason),
  }
  return link as Link
}

/** A sync whose catalogue answers when the test says so. */
function syncing(): {
  readonly sync: RegistrySync
  readonly link: Link
  readonly received: unknown[]
  readonly told: unknown[]
  readonly cut: unknown[]
  readonly closes: string[]
  readonly unchecked: unknown[]
  readonly answer: (error?: AstraError) => Promise<void>
  readonly fail: (failure: unknown) => Promise<void>
} {
  const [received, told, cut, closes]: [unknown[], unknown[], unknown[], string[]] = [[], [], [], []]
  const unchecked: unknown[] = []
  const answers: { resolve: (error?: AstraError) => void; reject: (failure: unknown) => void }[] = []
  const link = linkOf(1, closes)
  const parts = {
    catalogue: {
      receive: (_from: unknown, message: unknown) => {
        received.push(message)
        return new Promise((resolve, reject) => answers.push({ resolve, reject }))
      },
      neighbourIncarnation: (...args: unknown[]) => void told.push(args.slice(0, 2)),
      due: () => [],
      takeRefused: () => [],
      dueAt: () => undefined,
    },
    table: { linksTo: () => [link] },
    preferred: { linkTo: () => link },
    reports: {
      publish: () => undefined,
      cut: (...args: unknown[]) => void cut.push(args),
      unchecked: (...args: unknown[]) => void unchecked.push(args),
    },
    clock: new SkipClock(),
    patienceMs: 1_000,
  }
  const answer = async (error?: AstraError): Promise<void> => {
    answers.shift()?.resolve(error)
    await turns(2)
  }
  const fail = async (failure: unknown): Promise<void> => {
    answers.shift()?.reject(failure)
    await turns(2)
  }
  const sync = new RegistrySync(parts as unknown as RegistrySyncParts)
  return { sync, link, received, told, cut, closes, unchecked, answer, fail }
}

test('messages of one neighbour are processed one by one, on whichever of its links they come', async () => {
  const { sync, link, received, answer } = syncing()
  let isSecondDone = false
  expect(sync.receive(neighbour, link, 'one')).toBeInstanceOf(Promise)
  void sync.receive(neighbour, linkOf(1), 'two')?.then(() => (isSecondDone = true))
  void sync.receive(neighbour, linkOf(1), 'three')
  await turns(2)
  expect(received).toEqual(['one'])
  await answer()
  expect([received, isSecondDone]).toEqual([['one', 'two'], false])
  await answer()
  expect([received, isSecondDone]).toEqual([['one', 'two', 'three'], true])
  await answer()
  void sync.receive(neighbour, link, 'four')
  expect(received.at(-1)).toBe('four')
  // Those of another neighbour do not wait for them.
  void sync.receive(toNodeId(8n), link, 'five')
  expect(received.at(-1)).toBe('five')
})

test('what comes over a link to a former life is dropped, messages and incarnations', () => {
  const { sync, link, received, told } = syncing()
  expect(sync.receive(neighbour, linkOf(2), 'old')).toBeUndefined()
  sync.onIncarnation(neighbour, linkOf(2))
  expect([received, told]).toEqual([[], []])
  sync.onIncarnation(neighbour, link)
  expect(told).toEqual([[neighbour, 9]])
})

test('a message that is not allowed ends the links with the code, and is reported', async () => {
  const { sync, link, cut, closes, answer } = syncing()
  const error = new AstraError('ASTRA_ERR_REGISTRY_FORGED', 'it is not signed')
  void sync.receive(neighbour, link, 'forged')
  await answer(error)
  expect(closes).toEqual(['it is not signed (ASTRA_ERR_REGISTRY_FORGED)'])
  expect(cut).toEqual([[neighbour, error]])
})

test('a message that the platform fails to check ends the links, is reported, and holds up nothing behind it', async () => {
  const { sync, link, received, cut, closes, unchecked, answer, fail } = syncing()
  let isDone = false
  void sync.receive(neighbour, link, 'one')?.then(() => (isDone = true))
  void sync.receive(neighbour, link, 'two')
  const text = 'what the neighbour sent could not be checked: out of memory'
  await fail(new Error('out of memory'))
  expect([isDone, received]).toEqual([true, ['one', 'two']])
  expect([closes, unchecked, cut]).toEqual([[text], [[neighbour, text]], []])
  await answer()
  expect(sync.receive(neighbour, link, 'three')).toBeInstanceOf(Promise)
  expect(received.at(-1)).toBe('three')
})

test('nothing is received or sent once it is closed', async () => {
  const { sync, link, received } = syncing()
  sync.close()
  sync.close()
  expect(sync.receive(neighbour, link, 'late')).toBeUndefined()
  sync.schedule()
  await turns(2)
  expect(received).toEqual([])
})
