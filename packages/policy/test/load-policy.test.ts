import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseNodeId } from '@astranet/interface'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadPolicy } from '../src/file/index.js'
import { PolicyEngine } from '../src/index.js'
import { noDeadline, peer, service } from './support/peers.js'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astranet-policy-'))
})

afterAll(() => rm(folder, { recursive: true }))

async function fileOf(content: string | Uint8Array, name = 'policy.yaml'): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

test('a file is read as a list', async () => {
  expect(await loadPolicy(await fileOf('{"rules": [], "default": "allow"}', 'policy.json'))).toEqual({
    rules: [],
    default: 'allow',
  })
})

test('a fault names the file as it was given', async () => {
  const path = await fileOf('rule: []\n')
  await expect(loadPolicy(path)).rejects.toMatchObject({
    code: 'ASTRA_ERR_POLICY',
    message: `${path}:1:1: unknown key "rule", did you mean "rules"?`,
  })
})

test.each([
  ['a file that is not there', 'none.yaml', 'ENOENT'],
  ['a folder', '.', 'EISDIR'],
])('%s is an error that names it, with the error of the system', async (_, name, code) => {
  const path = join(folder, name)
  const loaded = loadPolicy(path)
  await expect(loaded).rejects.toMatchObject({ code: 'ASTRA_ERR_POLICY', cause: { code } })
  await expect(loaded).rejects.toThrow(`${path}: cannot be read: ${code}`)
})

test('a file that is not UTF-8 is refused', async () => {
  const path = await fileOf(Uint8Array.of(0x72, 0xff, 0xfe))
  await expect(loadPolicy(path)).rejects.toMatchObject({
    code: 'ASTRA_ERR_POLICY',
    message: `${path}: is not UTF-8`,
  })
})

test('a large file is refused, and no more than 1 MiB of it is read', async () => {
  const path = await fileOf('rules: []\n', 'large.yaml')
  await truncate(path, 2 ** 40)
  await expect(loadPolicy(path)).rejects.toMatchObject({
    code: 'ASTRA_ERR_POLICY',
    message: `${path}: a policy has at most 1,048,576 bytes`,
  })
})

test('a path that is no text is a TypeError', async () => {
  await expect(loadPolicy(5 as never)).rejects.toThrow(
    /^The "path" argument must be of type string\. Received type number \(5\)$/,
  )
})

test('the example does what its comments say', async () => {
  const path = fileURLToPath(new URL('../example/policy.yaml', import.meta.url))
  const engine = new PolicyEngine(await loadPolicy(path))
  const [admin, build, lost, guest, stranger] = [
    peer(parseNodeId('naeaqcaibaeaqc')),
    peer(parseNodeId('nbeaqcaibaeaqc')),
    peer(parseNodeId('nceaqcaibaeaqc'), { roles: ['admin'] }),
    peer(5n, { roles: ['guest'] }),
    peer(6n),
  ] as const
  const links = [admin, build, lost, guest, stranger].map((each) => engine.mayLink(each, noDeadline()))
  expect((await Promise.all(links)).map(({ allowed }) => allowed)).toEqual([true, true, false, true, false])
  expect(engine.mayDial(admin, service('database')).rule).toBe('admins do everything')
  expect(engine.mayDial(lost, service('database')).rule).toBe('lost laptop')
  expect(engine.mayDial(guest, service('web-2')).rule).toBe('all dial the web')
  expect(engine.mayDial(guest, service('web', 'staging')).allowed).toBe(false)
  expect(engine.mayOffer(build, service('artifacts', 'production')).allowed).toBe(true)
  expect(engine.mayOffer(build, service('web', 'staging')).allowed).toBe(true)
  expect(engine.mayOffer(build, service('web')).allowed).toBe(false)
  expect(engine.mayForward(guest, admin).allowed).toBe(false)
  const key = Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url')
  expect(engine.rolesOf({ ...peer(6n), publicKey: key })).toEqual(['admin'])
})
