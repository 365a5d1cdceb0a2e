import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Host } from '../../../../tooling/test-support/netns/lab.js'
import { LINE, Reach, type Started } from './reach.js'

/** How long a direct link may take once two nodes know each other, in ms. */
const DIRECT_WITHIN_MS = 3_000

/** Trying ports takes luck, and timers may be late on a busy machine. */
const LENIENCY_MS = 2_000

/** How long a pair that stays relayed is watched, in ms: a round of attempts, and the time to agree on it. */
const WATCHED_MS = 5_000

/** Kinds of places where a node can be; two nodes of each are made. */
const places = {
  public: (reach) => reach.lab.host('public', LINE),
  'keeps ports': async (reach) =>
    await (await reach.lab.gateway('keeps', { nat: { unsolicited: 'reset' }, line: LINE })).host('inside'),
  'keeps ports, drops': async (reach) =>
    await (await reach.lab.gateway('drops', { line: LINE })).host('inside'),
  'random ports': async (reach) =>
    await (await reach.lab.gateway('random', { nat: { ports: 'random' }, line: LINE })).host('inside'),
  'two NATs': async (reach) => {
    const outer = await reach.lab.gateway('outer', { line: LINE })
    return await (await outer.gateway('inner')).host('inside')
  },
  'IPv6 only, firewall': async (reach) => {
    const options = { nat: { ports: 'none' }, families: 'six', line: LINE } as const
    return await (await reach.lab.gateway('six', options)).host('inside')
  },
} satisfies Record<string, (reach: Reach) => Promise<Host>>

type Place = keyof typeof places

const names = Object.keys(places) as Place[]

/** All pairs, each once. */
const pairs = names.flatMap((one, index) => names.slice(index).map((other) => [one, other] as const))

/** By which way each pair gets a direct link; the others stay relayed. */
function expectedMethods(one: Place, other: Place): readonly string[] {
  const both = [one, other]
  const sixes = both.filter((place) => place === 'IPv6 only, firewall').length
  // A host on the internet has both families here, and nothing in front of it.
  if (both.includes('public')) return ['advertised', 'dial-back', ...(one === other ? ['local'] : [])]
  if (sixes === 1) return []
  if (sixes === 2) return ['simultaneous-open']
  const randoms = both.filter((place) => place === 'random ports').length
  return randoms === 0 ? ['simultaneous-open'] : randoms === 1 ? ['many-ports'] : []
}

describe('two nodes that both have joined a router', () => {
  let reach: Reach
  /** Two nodes of each kind. */
  const nodes = new Map<Place, readonly [Started, Started]>()
  const rows: string[] = []

  beforeAll(async () => {
    reach = await Reach.make()
    for (const name of names) {
      const hosts = [await places[name](reach), await places[name](reach)] as const
      nodes.set(name, [await reach.node(hosts[0]), await reach.node(hosts[1])])
    }
  }, 240_000)

  afterAll(async () => {
    process.stdout.write(`${table(rows)}\n`)
    await reach[Symbol.asyncDispose]()
  })

  it.each(pairs)('%s and %s', async (one, other) => {
    const [from] = nodes.get(one) as readonly [Started, Started]
    const [, to] = nodes.get(other) as readonly [Started, Started]
    const wanted = expectedMethods(one, other)
    const dialed = await from.node.call('dial', to.service)
    const timeoutMs = wanted.length > 0 ? 2 * DIRECT_WITHIN_MS : WATCHED_MS
    const peer = to.nodeId
    const [found, back] = await Promise.all([
      from.node.call('reported', { what: 'direct', nodeId: peer, timeoutMs }),
      to.node.call('reported', { what: 'direct', nodeId: from.nodeId, timeoutMs }),
    ])
    const method = found?.path?.method ?? 'relayed'
    const elapsedMs = found === undefined ? 0 : Math.max(0, found.atMs - dialed.atMs)
    rows.push(
      `| ${one} | ${other} | ${method} | ${found === undefined ? '' : (elapsedMs / 1_000).toFixed(1)} |`,
    )
    if (wanted.length === 0) {
      expect([found, back]).toEqual([undefined, undefined])
    } else {
      expect(wanted).toContain(method)
      expect(wanted).toContain(back?.path?.method)
      expect(elapsedMs).toBeLessThan(DIRECT_WITHIN_MS + (method === 'many-ports' ? LENIENCY_MS : 0))
    }
    // Streams that are open stay where they are, and new ones take the better path, in both directions.
    await from.node.call('echo', to.service)
    const kind = wanted.length > 0 ? 'direct' : 'relay'
    expect((await from.node.call('dial', to.service)).path.kind).toBe(kind)
    expect((await to.node.call('dial', from.service)).path.kind).toBe(kind)
  })
})

function table(lines: readonly string[]): string {
  return ['| one side | other side | path | seconds |', '| --- | --- | --- | --- |', ...lines].join('\n')
}
