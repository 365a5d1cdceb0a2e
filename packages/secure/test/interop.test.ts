import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { delimiter } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { Probe } from '@astranet/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as browserEntry from '../src/browser.js'
import * as nodeEntry from '../src/index.js'
import { counting, hex, utf8 } from './support/bytes.js'

/** What both entries have. */
type Entry = 'node' | 'browser'

/** What the other process is told to be. */
interface Case {
  readonly role: nodeEntry.SecureRole
  readonly entry: Entry
  readonly psk?: string
  /** What each side sends, in bytes. */
  readonly bytes: number
}

/** What the other process saw. */
interface Seen {
  readonly nodeId: string
  readonly peerNodeId: string
  readonly handshakeHash: string
  readonly peerPayload: string
  readonly receivedBytes: number
  readonly isIntact: boolean
}

const entries = { node: nodeEntry, browser: browserEntry }
const entryNames: readonly Entry[] = ['node', 'browser']
const psk = counting(3)
const peer = fileURLToPath(new URL('interop/peer.mjs', import.meta.url))
const built = new URL('../dist/index.js', import.meta.url)

/** The Nodes that `ASTRANET_NODES` names, and this one, each by its version. */
const nodes = [process.execPath, ...(process.env.ASTRANET_NODES ?? '').split(delimiter).filter(Boolean)].map(
  (path) => [execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim(), path] as const,
)

let server: Server
beforeAll(async () => {
  if (!existsSync(built)) throw new Error('the package is not built: run `npm run build` before this test')
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

/** What this side of a case saw. */
interface Answer {
  readonly probe: Probe
  readonly pipe: nodeEntry.SecurePipe
  /** Who this side was. */
  readonly nodeId: bigint
}

/** This side of a case: the same as the other process does, with the entry `own`. */
async function answer(own: Entry, { role, psk: secret, bytes }: Case): Promise<Answer> {
  const { secure, generateIdentity } = entries[own]
  const [[socket], identity] = (await Promise.all([once(server, 'connection'), generateIdentity()])) as [
    [Socket],
    nodeEntry.Identity,
  ]
  const pipe = await secure(fromNodeDuplex(socket), {
    role: role === 'initiator' ? 'responder' : 'initiator',
    identity,
    psk: secret === undefined ? undefined : psk,
    payload: utf8(process.versions.node),
  })
  const probe = Probe.on(pipe)
  await probe.send(new Uint8Array(bytes).fill(role === 'initiator' ? 'responder'.length : 'initiator'.length))
  pipe.end()
  expect(await probe.closed()).toBe(undefined)
  return { probe, pipe, nodeId: identity.nodeId }
}

function cases(): Case[] {
  return (['initiator', 'responder'] as const).flatMap((role) =>
    entryNames.flatMap((entry) =>
      [undefined, hex(psk)].map((secret) => ({
        role,
        entry,
        bytes: 200_000,
        ...(secret === undefined ? {} : { psk: secret }),
      })),
    ),
  )
}

describe.each(nodes)('a peer on Node %s', (version, path) => {
  test.each(entryNames)(
    'shakes hands with the entry %s in each role, with and without a secret, and records pass both ways',
    async (own) => {
      const { port } = server.address() as AddressInfo
      const child = spawn(path, [peer, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
      const lines = createInterface(child.stdout)
      try {
        for (const each of cases()) {
          const answering = answer(own, each)
          const seen = once(lines, 'line')
          child.stdin.write(`${JSON.stringify(each)}\n`)
          const { probe, pipe, nodeId } = await answering
          const { handshakeHash, ...rest } = JSON.parse(String((await seen)[0])) as Seen
          const what = `${each.role}, ${each.entry}, ${each.psk === undefined ? 'no secret' : 'secret'}`
          expect(rest, what).toEqual({
            nodeId: String(pipe.peer.nodeId),
            peerNodeId: String(nodeId),
            peerPayload: process.versions.node,
            receivedBytes: each.bytes,
            isIntact: true,
          })
          expect(handshakeHash, what).toBe(hex(pipe.handshakeHash))
          expect(Buffer.from(pipe.peer.payload).toString(), what).toBe(version)
          expect(probe.receivedBytes, what).toBe(each.bytes)
          expect(
            probe.bytes().every((byte) => byte === each.role.length),
            what,
          ).toBe(true)
        }
      } finally {
        child.kill()
      }
    },
  )
})

test('other versions of Node are among the peers', (context) => {
  const others = nodes.filter(([version]) => version !== process.versions.node)
  if (others.length === 0)
    context.skip(`ASTRANET_NODES names no other Node: .ci/run sets it to the newest 22, 24 and 26`)
})
