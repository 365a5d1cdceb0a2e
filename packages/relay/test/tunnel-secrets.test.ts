import type { NodeId } from '@astranet/interface'
import type { PairFacts } from '@astranet/link'
import { expect, test } from 'vitest'
import type { TunnelEnds, TunnelSecret } from '../src/index.js'
import { ChainNode, duplexOf, type Arrival } from './support/chain.js'
import { until } from './support/until.js'

const [SOURCE_KEY, END_KEY] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]

/** One byte of it is the node that gave it. */
const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

interface Asked {
  readonly router: number
  readonly neighbour: NodeId
  readonly ends: TunnelEnds
}

/** A source, two routers and a destination. Each router gives secrets to every neighbour that it is asked for. */
async function chainOfTwo(
  secretFor: (asked: Asked) => Promise<Uint8Array> | undefined,
): Promise<AsyncDisposable & { nodes: ChainNode[]; path: NodeId[] }> {
  const nodes = [0, 1, 2, 3].map((index) => {
    const giving: TunnelSecret = (link, ends) =>
      secretFor({ router: index, neighbour: link.remote?.nodeId as NodeId, ends })
    return new ChainNode(index === 1 || index === 2, { secretFor: giving })
  })
  const [source, one, two, end] = nodes as [ChainNode, ChainNode, ChainNode, ChainNode]
  await source.link(one)
  await one.link(two)
  await two.link(end)
  return {
    nodes,
    path: nodes.map(({ nodeId }) => nodeId),
    async [Symbol.asyncDispose]() {
      for (const { links } of nodes) for (const link of links.values()) link.destroy()
      await Promise.resolve()
    },
  }
}

/** Opens a tunnel along the path; resolves with what the answer says of the pair. */
function open(
  { nodes, path }: { nodes: ChainNode[]; path: NodeId[] },
  pair?: PairFacts,
): Promise<PairFacts | undefined> {
  const link = nodes[0]?.links.get(path[1] as NodeId)
  return new Promise((resolve, reject) => {
    link?.dial(
      { kind: 'tunnel', path, position: 1, pair },
      { onAccepted: (dial) => resolve(dial.pair), onFailed: (_, error) => reject(error) },
    )
  })
}

/** Opens a tunnel along the path; resolves with the first bytes that come behind the answer. */
function firstBytes({ nodes, path }: { nodes: ChainNode[]; path: NodeId[] }): Promise<number[]> {
  return new Promise((resolve, reject) => {
    nodes[0]?.links.get(path[1] as NodeId)?.dial(
      { kind: 'tunnel', path, position: 1 },
      {
        onAccepted: (_, stream, initialBytes) => {
          const duplex = duplexOf({ stream, initialBytes })
          duplex.handle({
            onData: (chunk) => resolve([...chunk]),
            onEnd: () => undefined,
            onDrain: () => undefined,
            onClose: (error) => reject(error ?? new Error('the tunnel was closed')),
          })
        },
        onFailed: (_, error) => reject(error),
      },
    )
  })
}

/** The next tunnel that arrives at the last node, which answers with `pair`. */
function arrival({ nodes }: { nodes: ChainNode[] }, pair?: PairFacts): Promise<Arrival> {
  return new Promise((resolve) => {
    const last = nodes[3] as ChainNode
    last.onArrival = (arrived) => {
      arrived.link.accept(arrived.stream, pair)
      resolve(arrived)
    }
  })
}

test('each end gets the secret from the router next to it, and both key ids pass', async () => {
  const asked: Asked[] = []
  await using chain = await chainOfTwo((each) => {
    asked.push(each)
    return Promise.resolve(secret(each.router))
  })
  const arrived = arrival(chain, { keyId: END_KEY, psk: secret(99) })
  const answer = await open(chain, { keyId: SOURCE_KEY, psk: secret(98) })
  // What an end says of the secret goes no further.
  expect(answer).toEqual({ keyId: END_KEY, psk: secret(1) })
  expect((await arrived).header.pair).toEqual({ keyId: SOURCE_KEY, psk: secret(2) })
  const [source, , , end] = chain.path as [NodeId, NodeId, NodeId, NodeId]
  expect(asked).toEqual([
    {
      ...{ router: 2, neighbour: end },
      ends: { source: { nodeId: source, keyId: SOURCE_KEY }, destination: { nodeId: end, keyId: undefined } },
    },
    {
      ...{ router: 1, neighbour: source },
      ends: { source: { nodeId: source, keyId: SOURCE_KEY }, destination: { nodeId: end, keyId: END_KEY } },
    },
  ])
})

test.each([1, 2])('what the last node writes right behind its answer waits for router %i', async (giving) => {
  await using chain = await chainOfTwo(({ router }) =>
    router === giving ? Promise.resolve(secret(router)) : undefined,
  )
  const last = chain.nodes[3] as ChainNode
  last.onArrival = ({ link, stream }) => {
    link.accept(stream)
    stream.write(new Uint8Array([1, 2, 3]))
  }
  expect(await firstBytes(chain)).toEqual([1, 2, 3])
})

test.each([1, 2])(
  'a secret of router %i that cannot be sent ends the tunnel, and not the process',
  async (giving) => {
    await using chain = await chainOfTwo(({ router }) =>
      router === giving ? Promise.resolve(Symbol('no secret') as unknown as Uint8Array) : undefined,
    )
    void arrival(chain)
    await expect(open(chain)).rejects.toMatchObject({ code: expect.any(String) })
    for (const index of [1, 2]) {
      const { forwarder } = chain.nodes[index] as ChainNode
      await until(() => forwarder.inspect().tunnels === 0 && forwarder.inspect().opening === 0)
    }
  },
)

test('ends that need no secret get none', async () => {
  await using chain = await chainOfTwo(() => undefined)
  const arrived = arrival(chain)
  expect(await open(chain)).toBeUndefined()
  expect((await arrived).header.pair).toBeUndefined()
})

test.each([1, 2])('when router %i cannot make the secret, the tunnel is refused', async (failing) => {
  await using chain = await chainOfTwo(({ router }) =>
    router === failing ? Promise.reject(new Error('no key')) : undefined,
  )
  void arrival(chain)
  await expect(open(chain)).rejects.toMatchObject({ reason: 10 })
  for (const index of [1, 2])
    await until(() => {
      const { tunnels, opening } = (chain.nodes[index] as ChainNode).forwarder.inspect()
      return tunnels === 0 && opening === 0
    })
})

test.each([1, 2])(
  'a tunnel that is given up while router %i makes the secret leaves nothing',
  async (slow) => {
    let give = (): void => undefined
    const begun = new Promise<void>((resolve) => {
      give = resolve
    })
    let finish = (_: Uint8Array): void => undefined
    await using chain = await chainOfTwo(({ router }) => {
      if (router !== slow) return undefined
      give()
      return new Promise((resolve) => (finish = resolve))
    })
    void arrival(chain)
    const link = (chain.nodes[0] as ChainNode).links.get(chain.path[1] as NodeId)
    const dial = link?.dial(
      { kind: 'tunnel', path: chain.path, position: 1 },
      { onAccepted: () => undefined, onFailed: () => undefined },
    )
    await begun
    dial?.cancel()
    await until(() =>
      [1, 2].every((index) => (chain.nodes[index] as ChainNode).forwarder.inspect().opening === 0),
    )
    finish(secret(1))
    for (const index of [1, 2]) {
      await until(() => (chain.nodes[index] as ChainNode).forwarder.inspect().tunnels === 0)
      expect((chain.nodes[index] as ChainNode).forwarder.inspect().heldBytes).toBe(0)
    }
  },
)
