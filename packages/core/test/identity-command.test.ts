import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AstraNet, formatNodeId } from '../src/index.js'
import { runCommand, type Outcome } from '../../../tooling/test-support/run-command.js'

const bin = fileURLToPath(new URL('../bin/astranet-identity.js', import.meta.url))

/** RFC 8032, section 7.1, test 1. */
const HEX = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const PUBLIC_HEX = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
/** The same key as RFC 8037, appendix A.1, has it. */
const JWK = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
/** And as OpenSSL writes it. */
const PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`

/** Runs the command with these arguments and this standard input. */
const run = (args: readonly string[], input?: string): Promise<Outcome> => runCommand(bin, args, input)

/** What a run that worked has printed. */
async function printed(args: readonly string[], input?: string): Promise<string> {
  const { out, ...others } = await run(args, input)
  expect(others).toEqual({ code: 0, error: '' })
  return out
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astranet-identity-command-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function newFolder(): Promise<string> {
  return await mkdtemp(join(folder, 'x-'))
}

describe('make', () => {
  test('makes a file that a node takes, prints who it is, and never replaces a file', async () => {
    const path = join(await newFolder(), 'node.pem')
    const out = await printed(['make', path])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await using node = new AstraNet({ identity: path })
    const publicKey = Buffer.from(node.publicKey).toString('hex')
    expect(out).toBe(`node id: ${formatNodeId(node.nodeId)}\npublic key: ${publicKey}\n`)
    expect(await printed(['print', path])).toBe(out)

    const kept = await readFile(path, 'utf8')
    const again = {
      code: 1,
      out: '',
      error: `astranet-identity: The file ${path} is there already, and is not replaced.\n`,
    }
    expect(await run(['make', path])).toEqual(again)
    for (const to of ['pem', 'hex']) {
      expect(await run(['convert', '--to', to, '--output', path], HEX)).toEqual(again)
    }
    expect(await readFile(path, 'utf8')).toBe(kept)
    expect(await readdir(join(path, '..'))).toEqual(['node.pem'])
  })

  test('in a folder that is not there fails and names it', async () => {
    const path = join(folder, 'nowhere', 'node.pem')
    const { code, error } = await run(['make', path, '--json'])
    expect([code, error]).toEqual([1, expect.stringContaining(path)])
  })
})

describe('print', () => {
  test('prints the public key of the known one, also as JSON', async () => {
    const out = await printed(['print'], HEX)
    expect(out).toMatch(new RegExp(`^node id: n\\w+\npublic key: ${PUBLIC_HEX}\n$`))
    const nodeId = /^node id: (\w+)$/m.exec(out)?.[1]
    const parsed: unknown = JSON.parse(await printed(['print', '-', '--json'], PEM))
    expect(parsed).toEqual({ nodeId, publicKey: PUBLIC_HEX })
  })

  test('warns when others may read the file', async () => {
    const path = join(await newFolder(), 'node.hex')
    await writeFile(path, HEX)
    await chmod(path, 0o644)
    const { code, error } = await run(['print', path])
    expect(code).toBe(0)
    const warning = `The file ${path} has mode 0644: others on this machine may use the identity. Set it to 0600.`
    expect(error).toBe(`astranet-identity: ${warning}\n`)
  })

  test.each([
    ['nothing', '', /^The standard input holds no identity: it has no whole PEM block/],
    ['a short key', HEX.slice(2), /holds no identity: it has no whole PEM block/],
    ['broken JSON', '{"kty":', /holds no identity: its JSON is broken/],
    ['a JWK of another kind', '{"kty":"RSA"}', /its JSON is not a JSON Web Key of Ed25519/],
    ['a public JWK', JSON.stringify({ ...JWK, d: undefined }), /has no private key \(d\)/],
    ['a JWK of two keys', JSON.stringify({ ...JWK, x: JWK.d }), /\(x\) of its JSON Web Key does not belong/],
    ['a JWK with a short key', JSON.stringify({ ...JWK, d: 'AAAA' }), /its key is not 32 bytes in base64url/],
    ['base64url with bits too many', `${JWK.d.slice(0, -1)}B`, /its key is not 32 bytes in base64url/],
    ['a key of OpenSSH', PEM.replaceAll('PRIVATE', 'OPENSSH PRIVATE'), /is a OPENSSH PRIVATE KEY, not a/],
    ['far too much', 'x'.repeat(1_000_000), /it has more than 4096 bytes/],
  ])('says what is wrong with %s', async (_, input, message) => {
    const { code, out, error } = await run(['print'], input)
    expect([code, out]).toEqual([1, ''])
    expect(error.replace(/^astranet-identity: /, '')).toMatch(message)
    for (const secret of [HEX, JWK.d]) expect(error).not.toContain(secret)
  })

  test('makes no file where none is', async () => {
    const path = join(await newFolder(), 'node.pem')
    const { code, error } = await run(['print', path])
    expect([code, error]).toEqual([
      1,
      expect.stringContaining(`ENOENT: no such file or directory, open '${path}'`),
    ])
    expect(await readdir(join(path, '..'))).toEqual([])
  })
})

describe('convert', () => {
  const texts: [format: string, text: string][] = [
    ['pem', PEM],
    ['jwk', `${JSON.stringify(JWK)}\n`],
    ['hex', `${HEX}\n`],
    ['base64url', `${JWK.d}\n`],
  ]

  test.each(texts)('writes every format of %s', async (_, input) => {
    const outputs = await Promise.all(texts.map(([format]) => printed(['convert', '--to', format], input)))
    expect(outputs).toEqual(texts.map(([, each]) => each))
  })

  test.each(['pem', 'hex'])('writes a file as %s that only its owner can read', async (format) => {
    const path = join(await newFolder(), 'key')
    expect(await printed(['convert', '--to', format, '-o', path], HEX)).toBe('')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toBe(new Map(texts).get(format))
  })
})

test('the help names each command, format and option', async () => {
  const out = await printed(['--help'])
  for (const word of [
    'make FILE',
    'print [FILE]',
    'convert [FILE] --to FORMAT',
    'pem',
    'jwk',
    'hex',
    'base64url',
    '--output',
    '--json',
  ])
    expect(out).toContain(word)
  expect(await printed(['convert', '-h'])).toBe(out)
})

test.each<[string[], string]>([
  [[], 'a command is missing: make, print or convert'],
  [['toString'], 'there is no command "toString": it is make, print or convert'],
  [['make'], 'make needs the name of a new file'],
  [['make', '-'], 'make needs the name of a new file'],
  [['print', 'a', 'b'], 'print takes one file, and "b" is one more'],
  [['print', '--to', 'hex'], 'print has no option --to'],
  [['convert', 'a'], 'convert needs --to and a format: pem, jwk, hex, base64url'],
  [['convert', '--to', 'der'], 'there is no format "der": it is one of pem, jwk, hex, base64url'],
  [['print', '--bogus'], "Unknown option '--bogus'\n"],
  [['convert', '--to'], "Option '--to <value>' argument missing"],
])('the arguments %j are wrong, which the exit code and a sentence say', async (args, message) => {
  const { code, out, error } = await run(args)
  expect([code, out]).toEqual([2, ''])
  expect(error.startsWith(`astranet-identity: ${message}`)).toBe(true)
  expect(error.endsWith('\nTry astranet-identity --help.\n')).toBe(true)
})
