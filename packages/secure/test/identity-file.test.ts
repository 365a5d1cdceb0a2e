import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createIdentityFile,
  generateIdentity,
  openIdentityFile,
  openIdentityFileSync,
  type Identity,
} from '../src/index.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astranet-identity-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A path in a new folder, so that leftovers show. */
async function newPath(): Promise<string> {
  return join(await mkdtemp(join(folder, 'x-')), 'node.pem')
}

/** Each way to open a file. */
type Open = (path: string) => Promise<Identity>

const ways: [string, Open][] = [
  ['openIdentityFile', openIdentityFile],
  ['openIdentityFileSync', async (path) => openIdentityFileSync(path)],
]

describe.each(ways)('%s:', (_way, open) => {
  test('a file that is not there is made, with mode 0600 and nothing beside it, and read again', async () => {
    const path = await newPath()
    const made = await open(path)
    const { mode } = await stat(path)
    expect(mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toBe(await made.export())
    expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
    expect((await open(path)).nodeId).toBe(made.nodeId)
  })

  test('twenty that make one at once all get the same identity', async () => {
    const path = await newPath()
    const identities = await Promise.all(Array.from({ length: 20 }, () => open(path)))
    expect(new Set(identities.map(({ nodeId }) => nodeId)).size).toBe(1)
    expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
  })

  test('a link that leads nowhere is an error that names it, and stays', async () => {
    const path = await newPath()
    await symlink('nowhere', path)
    await expect(open(path)).rejects.toMatchObject({ code: 'EEXIST', message: expect.stringContaining(path) })
    expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
  })

  test('a file of OpenSSL is read', async () => {
    const path = await newPath()
    await writeFile(path, await (await generateIdentity()).export(), { mode: 0o600 })
    const before = await readFile(path)
    await open(path)
    expect(await readFile(path)).toEqual(before)
  })

  describe('a file that holds something else is an error that names it, and stays as it is:', () => {
    test.each([
      ['empty', '', 'it has no whole PEM block'],
      ['another text', 'password=1', 'it has no whole PEM block'],
      ['cut off', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYD', 'it has no whole PEM block'],
      ['too long', 'x'.repeat(4_097), 'it has 4097 bytes'],
    ])('%s', async (_, text, why) => {
      const path = await newPath()
      await writeFile(path, text, { mode: 0o600 })
      await expect(open(path)).rejects.toMatchObject({
        code: 'ASTRA_ERR_SECURE_IDENTITY',
        message: expect.stringMatching(`^The file ${path} holds no identity: ${why}`) as string,
      })
      expect(await readFile(path, 'utf8')).toBe(text)
      expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
    })

    test('a folder', async () => {
      const path = await newPath()
      await mkdir(path)
      await expect(open(path)).rejects.toMatchObject({ code: 'EISDIR' })
    })
  })

  test('a folder that is not there is an error that names it, and nothing is made', async () => {
    const path = join(folder, 'nowhere', 'node.pem')
    await expect(open(path)).rejects.toMatchObject({
      ...{ code: 'ENOENT', path },
      message: expect.stringMatching(/node\.pem'$/) as string,
    })
  })

  test('a file that others may read gives a process warning with a code', async () => {
    const path = await newPath()
    await open(path)
    const warnings: (Error & { code?: string })[] = []
    const collect = (warning: Error): void => void warnings.push(warning)
    process.on('warning', collect)
    try {
      await open(path)
      await chmod(path, 0o644)
      await open(path)
      // Warnings are emitted with process.nextTick.
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('warning', collect)
    }
    const ours = warnings.filter(({ code }) => code === 'ASTRA_WARN_IDENTITY_FILE')
    expect(ours.map(({ message }) => message)).toEqual([
      `The identity file ${path} has mode 0644: others on this machine may use the identity. Set it to 0600.`,
    ])
  })

  const isRoot = process.getuid?.() === 0

  test.skipIf(isRoot)(
    'a file that may not be read is an error that names it (not as root, who may read all)',
    async () => {
      const path = await newPath()
      await writeFile(path, 'x', { mode: 0o000 })
      await expect(open(path)).rejects.toMatchObject({
        code: 'EACCES',
        message: expect.stringContaining(path) as string,
      })
    },
  )
})

/** A process that opens all paths, in one of the ways, when `go` ends its input: the ids it got. */
function opener(way: string, paths: string[]): { ready: Promise<unknown>; go: () => Promise<string> } {
  const program = fileURLToPath(new URL('support/open-identities.mjs', import.meta.url))
  const loader = [
    '--import',
    new URL('../../../tooling/test-support/typescript-loader.mjs', import.meta.url).href,
  ]
  const child = spawn(
    process.execPath,
    ['--conditions=@astranet/source', ...loader, program, way, ...paths],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines = createInterface(child.stdout)
  return {
    ready: once(lines, 'line'),
    async go() {
      const ids = once(lines, 'line')
      child.stdin.end()
      return String((await ids)[0])
    },
  }
}

test(
  'four processes that make files at once all get the same identities, in whichever way',
  { timeout: 60_000 },
  async () => {
    const paths = await Promise.all(Array.from({ length: 25 }, newPath))
    const openers = [
      'openIdentityFile',
      'openIdentityFileSync',
      'openIdentityFile',
      'openIdentityFileSync',
    ].map((way) => opener(way, paths))
    await Promise.all(openers.map(({ ready }) => ready))
    const results = await Promise.all(openers.map(({ go }) => go()))
    const kept = await Promise.all(paths.map((path) => openIdentityFile(path)))
    expect(new Set(results)).toEqual(new Set([kept.map(({ nodeId }) => nodeId).join()]))
    for (const path of paths) expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
  },
)

describe('createIdentityFile', () => {
  test('keeps an identity in a new file, as opening does', async () => {
    const path = await newPath()
    const identity = await generateIdentity()
    await createIdentityFile(path, identity)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
    expect(openIdentityFileSync(path).nodeId).toBe(identity.nodeId)
  })

  test('never replaces what is there, a dangling link included', async () => {
    const path = await newPath()
    await writeFile(path, 'mine')
    await symlink('nowhere', `${path}.link`)
    for (const each of [path, `${path}.link`]) {
      const error = createIdentityFile(each, await generateIdentity())
      await expect(error).rejects.toMatchObject({ code: 'EEXIST' })
    }
    expect(await readFile(path, 'utf8')).toBe('mine')
    expect(await readdir(join(path, '..'))).toEqual(['node.pem', 'node.pem.link'])
  })
})

test('the openssl command reads the file, where there is one', async () => {
  const path = await newPath()
  openIdentityFileSync(path)
  const { stdout } = await promisify(execFile)('openssl', ['pkey', '-in', path, '-noout', '-text'])
  expect(stdout).toContain('ED25519 Private-Key')
})
