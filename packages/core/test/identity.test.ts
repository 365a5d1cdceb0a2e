import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeIdOfKey } from '@astranet/secure'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as browserEntry from '../src/browser.js'
import { AstraNet, generateIdentity, importIdentity, type AstraNetOptions } from '../src/index.js'
import { failure } from './support.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astranet-core-identity-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A path in a new folder, so that leftovers show. */
async function newPath(): Promise<string> {
  return join(await mkdtemp(join(folder, 'x-')), 'node.pem')
}

/** Each way to make a node of Node. */
const ways: [string, (options: AstraNetOptions) => Promise<AstraNet>][] = [
  ['new AstraNet', async (options) => new AstraNet(options)],
  ['AstraNet.create', (options) => AstraNet.create(options)],
]

test.each(ways)(
  '%s: the node id is the hash of the public key, and a node is new by default',
  async (_, make) => {
    await using one = await make({})
    await using other = await make({})
    expect(one).toBeInstanceOf(AstraNet)
    expect(one.publicKey.length).toBe(32)
    expect(one.nodeId).toBe(await nodeIdOfKey(one.publicKey))
    expect(other.nodeId).not.toBe(one.nodeId)
    one.publicKey.fill(0)
    expect(one.nodeId).toBe(await nodeIdOfKey(one.publicKey))
  },
)

test.each(ways)('%s: a path keeps the identity', async (_, make) => {
  const path = await newPath()
  await using first = await make({ identity: path })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await using again = await make({ identity: path })
  expect([again.nodeId, again.publicKey]).toEqual([first.nodeId, first.publicKey])
  await using fresh = await make({})
  expect(fresh.nodeId).not.toBe(first.nodeId)
})

test.each(ways)('%s: an identity is taken as it is', async (_, make) => {
  const identity = await importIdentity(await (await generateIdentity()).export())
  await using node = await make({ identity })
  expect([node.nodeId, node.publicKey]).toEqual([identity.nodeId, identity.publicKey])
  expect(node.withEnv('blue').publicKey).toEqual(identity.publicKey)
})

test.each(ways)(
  '%s: a file with something else, or in no folder, is an error that names it',
  async (_, make) => {
    const path = await newPath()
    await writeFile(path, 'mine', { mode: 0o600 })
    const error = await failure(make({ identity: path }))
    expect(error).toMatchObject({ code: 'ASTRA_ERR_SECURE_IDENTITY' })
    expect(error.message).toContain(path)
    const nowhere = join(folder, 'nowhere', 'node.pem')
    const missing = await failure(make({ identity: nowhere }))
    expect(missing).toMatchObject({ code: 'ENOENT' })
    expect(missing.message).toContain(nowhere)
  },
)

test.each(ways)('%s: another option that is wrong makes no file', async (_, make) => {
  const path = await newPath()
  const error = await failure(make({ identity: path, helloTimeoutMs: -1 }))
  expect(error.message).toMatch(
    /^The value of "options\.helloTimeoutMs" is out of range\. It must be >= 1 && <= 2147483647/,
  )
  expect(await readdir(join(path, '..'))).toEqual([])
})

test.each(ways)('%s: a granter that is wrong makes no file', async (_, make) => {
  const path = await newPath()
  for (const granters of [[new Uint8Array(31)], [-1n as never], ['me' as never]]) {
    const error = await failure(make({ identity: path, granters }))
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
  }
  expect(await readdir(join(path, '..'))).toEqual([])
})

test('in browsers the constructor and create take an identity, or make one', async () => {
  await using one = await browserEntry.AstraNet.create()
  await using other = await browserEntry.AstraNet.create({})
  expect(one).toBeInstanceOf(browserEntry.AstraNet)
  expect(one.nodeId).toBe(await nodeIdOfKey(one.publicKey))
  expect(other.nodeId).not.toBe(one.nodeId)
  const identity = await browserEntry.generateIdentity()
  await using made = new browserEntry.AstraNet({ identity })
  expect(made.nodeId).toBe(identity.nodeId)
})

test('in browsers each call of a node that can have no identity says why', async () => {
  expect(() => new browserEntry.AstraNet({ identity: 5 as never })).toThrow(
    /^The "options\.identity" property must be an Identity, or a string that says where one is kept/,
  )
  // Node has WebCrypto, but no IndexedDB.
  const page = new browserEntry.AstraNet({ identity: 'name' })
  for (const call of [page.ready(), page.dial('', 'name'), page.join('ws', '127.0.0.1:1')])
    expect(await failure(call)).toMatchObject({ code: 'ASTRA_ERR_SECURE_UNAVAILABLE' })
  expect(() => page.nodeId).toThrow(TypeError)
  await page.close()
})

test('in browsers create names a wrong option, and says when nothing keeps identities', async () => {
  const { create } = browserEntry.AstraNet
  expect((await failure(create({ identity: 5 as never }))).message).toMatch(
    /^The "options\.identity" property must be an Identity, or a string that says where one is kept/,
  )
  expect((await failure(create({ helloTimeoutMs: -1 }))).message).toMatch(
    /^The value of "options\.helloTimeoutMs" is out of range\. It must be >= 1 && <= 2147483647/,
  )
  // Node has WebCrypto, but no IndexedDB.
  expect(await failure(create({ identity: 'name' }))).toMatchObject({ code: 'ASTRA_ERR_SECURE_UNAVAILABLE' })
})

test('a node in a browser takes calls before its identity is made', async () => {
  await using page = new browserEntry.AstraNet()
  expect(() => page.nodeId).toThrow(/await ready\(\)/)
  expect(() => page.publicKey).toThrow(TypeError)
  expect([page.services(), page.routes(), page.isClosed]).toEqual([[], [], false])
  const [listener, socket] = await Promise.all([page.bind('', 'early'), page.dial('', 'early')])
  expect(socket.remoteNode).toBe(page.nodeId)
  await page.ready()
  expect(page.services()).toHaveLength(1)
  expect(page.withEnv('other').nodeId).toBe(page.nodeId)
  listener.close()
})

test('a node in a browser can be closed before its identity is made', async () => {
  const page = new browserEntry.AstraNet()
  const closing = page.close()
  expect(page.isClosed).toBe(true)
  expect(await failure(page.bind('', 'late'))).toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
  await closing
})
