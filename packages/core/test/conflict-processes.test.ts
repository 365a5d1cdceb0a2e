import { spawn, type ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AstraNet, formatNodeId } from '../src/index.js'
import { textOf, until } from './support.js'

/** A conflict as a process prints it. */
interface Conflict {
  readonly nodeId: string
  readonly isOwn: boolean
}

const children = new Set<ChildProcess>()
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astranet-conflict-'))
})

afterEach(async () => {
  const alive = [...children].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
  for (const child of alive) child.kill('SIGKILL')
  await Promise.all(alive.map((child) => once(child, 'exit')))
  children.clear()
  await rm(folder, { recursive: true })
})

/** A process with a node whose identity is in the file that all of them share. */
class NodeProcess {
  readonly child: ChildProcess
  /** What the node's process has been told. */
  readonly conflicts: Conflict[] = []
  readonly warnings: string[] = []
  /** Where it listens, once it does. */
  address: string | undefined = undefined
  /** What came of its join: the id, or the code of the error. */
  joined: string | undefined = undefined

  constructor(joins: string | undefined) {
    const file = (path: string): string => new URL(path, import.meta.url).href
    const program = `
      import { subscribe } from 'node:diagnostics_channel'
      import { AstraNet, formatNodeId } from '${file('../src/index.ts')}'
      const print = (line) => console.log(JSON.stringify(line))
      subscribe('astranet:node:conflict', ({ nodeId, isOwn }) => print({ conflict: { nodeId: formatNodeId(nodeId), isOwn } }))
      process.on('warning', ({ code }) => print({ warning: String(code) }))
      const node = new AstraNet({ identity: ${JSON.stringify(join(folder, 'node.pem'))} })
      const who = await node.bind('', 'who')
      who.on('connection', (socket) => socket.on('error', () => {}).end(String(process.pid)))
      const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', { onError() {} })
      print({ address })
      const target = ${JSON.stringify(joins)}
      if (target !== undefined) print({ joined: await node.join('tcp4', target).then(formatNodeId, ({ code }) => code) })`
    const args = [
      '--conditions=@astranet/source',
      '--import',
      file('../../../tooling/test-support/typescript-loader.mjs'),
    ]
    const child = spawn(process.execPath, [...args, '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    this.child = child
    if (child.stdout === null) throw new Error('the process has no output')
    createInterface(child.stdout).on('line', (line) =>
      this.#read(JSON.parse(line) as Partial<Record<string, unknown>>),
    )
  }

  #read({ conflict, warning, address, joined }: Partial<Record<string, unknown>>): void {
    if (conflict !== undefined) this.conflicts.push(conflict as Conflict)
    if (warning !== undefined) this.warnings.push(warning as string)
    this.address ??= address as string | undefined
    this.joined ??= joined as string | undefined
  }
}

/** Which process answers the node's dial. */
async function answering(node: AstraNet): Promise<number> {
  return Number(await textOf(await node.dial('', 'who')))
}

/** Both have been told that their own id is another node's too, with a warning. */
async function bothTold(one: NodeProcess, other: NodeProcess): Promise<void> {
  await until(() =>
    [one, other].every(({ conflicts, warnings }) => conflicts.length > 0 && warnings.length > 0),
  )
  for (const { conflicts, warnings } of [one, other]) {
    expect(conflicts).toEqual([{ nodeId: conflicts[0]?.nodeId, isOwn: true }])
    expect(warnings).toEqual(['ASTRA_WARN_ID_CONFLICT'])
  }
  expect(one.conflicts).toEqual(other.conflicts)
}

test('of two processes with one identity file that meet at a neighbour both are told, and one keeps the network', async () => {
  const seen: { isOwn: boolean; nodeId: string }[] = []
  const onConflict = (message: unknown): void => {
    const { isOwn, nodeId } = message as { isOwn: boolean; nodeId: Parameters<typeof formatNodeId>[0] }
    seen.push({ isOwn, nodeId: formatNodeId(nodeId) })
  }
  subscribe('astranet:node:conflict', onConflict)
  await using neighbour = new AstraNet()
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0', { onError() {} })
  const first = new NodeProcess(address)
  await until(() => first.joined !== undefined && neighbour.services().length === 1)
  expect(await answering(neighbour)).toBe(first.child.pid)
  const second = new NodeProcess(address)
  await bothTold(first, second)
  expect(seen).toEqual([{ isOwn: false, nodeId: first.conflicts[0]?.nodeId }])
  // The one that was there first, and answers, stays the one that is dialed.
  for (let count = 0; count < 20; count++) expect(await answering(neighbour)).toBe(first.child.pid)
  unsubscribe('astranet:node:conflict', onConflict)
}, 60_000)

test('of two processes with one identity file that meet each other both are told, and the neighbours of one keep it', async () => {
  const first = new NodeProcess(undefined)
  await until(() => first.address !== undefined)
  await using neighbour = new AstraNet()
  await neighbour.join('tcp4', first.address ?? '')
  const second = new NodeProcess(first.address)
  await until(() => second.joined !== undefined)
  expect(second.joined).toBe('ASTRA_ERR_LINK_CONFLICT')
  await bothTold(first, second)
  expect(await answering(neighbour)).toBe(first.child.pid)
}, 60_000)
