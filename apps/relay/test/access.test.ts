import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { formatNodeId, importIdentity } from '@astranet/core'
import { describe, expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { failure, file, folder, user } from './support.js'

const SECRET = 'correct horse battery staple'

describe('--secret-file', () => {
  test.each(['', '\n', '\r\n'])('reads a secret that ends with %j', async (end) => {
    const relay = await RelayProcess.listening('--secret-file', file(`${SECRET}${end}`))
    await user({ secret: SECRET }).join('tcp', await relay.address())
    expect(relay.events.filter(({ event }) => event === 'warning')).toEqual([])
  })

  test('refuses nodes without it, which is logged and counted', async () => {
    const relay = await RelayProcess.listening('--secret-file', file(SECRET))
    const code = 'ASTRA_ERR_LINK_AUTHENTICATION'
    expect(await failure(user().join('tcp', await relay.address()))).toMatchObject({ code })
    expect(
      await failure(user({ secret: 'another secret of this test' }).join('tcp', await relay.address())),
    ).toMatchObject({ code })
    expect(await relay.event('refused')).toMatchObject({ level: 'warn', code })
    expect(await relay.metric(`astranet_connections_refused_total{code="${code}"}`)).toBe(2)
    expect(relay.events.filter(({ event }) => event === 'refused')).toHaveLength(1)
  })

  test.runIf(process.platform !== 'win32')('warns of a file that others may read', async () => {
    const path = file(SECRET, { mode: 0o644 })
    const relay = await RelayProcess.listening('--secret-file', path)
    expect((await relay.event('warning')).msg).toContain(`${path} has mode 0644`)
  })

  test.each([
    ['is empty', '', /the file is empty; make one with/],
    ['has an empty line', '\n', /the file is empty/],
    ['is too short', 'fifteen letters', /has 15 characters, and must have at least 16/],
    ['has two lines', `${SECRET}\n${SECRET}\n`, /has more than one line/],
    ['has white space at an end', ` ${SECRET}\n`, /begins or ends with white space/],
    ['is too long', 'x'.repeat(5_000), /has more than 4096 bytes/],
  ])('a file that %s is an error that does not show the secret', async (_, text, sentence) => {
    const path = file(text)
    const { exitCode, stderr } = await new RelayProcess([
      '--listen',
      'tcp://127.0.0.1:0',
      '--secret-file',
      path,
    ]).outcome
    expect(stderr).toMatch(sentence)
    expect(stderr).toContain(`--secret-file ${path}: `)
    expect(stderr).not.toContain('horse')
    expect(exitCode).toBe(2)
  })

  test('a file that is not there, and a folder, are named', async () => {
    const path = folder()
    const runs = [join(path, 'nothing'), path].map((each) => [
      '--listen',
      'tcp://127.0.0.1:0',
      '--secret-file',
      each,
    ])
    const [missing, aFolder] = await Promise.all(runs.map((args) => new RelayProcess(args).outcome))
    expect(missing?.stderr).toContain(`--secret-file ${path}/nothing: there is no such file`)
    expect(aFolder?.stderr).toContain(`--secret-file ${path}: it is a folder`)
    expect([missing?.exitCode, aFolder?.exitCode]).toEqual([2, 2])
  })
})

describe('--policy', () => {
  test('decides who may link', async () => {
    const welcome = user()
    const policy = `rules:\n  - name: one guest\n    action: link\n    peers: ${formatNodeId(welcome.nodeId)}\n    effect: allow\n`
    const relay = await RelayProcess.listening('--policy', file(policy, { name: 'policy.yaml' }))
    await welcome.join('tcp', await relay.address())
    expect(await failure(user().join('tcp', await relay.address()))).toMatchObject({
      code: 'ASTRA_ERR_LINK_REFUSED',
    })
  })

  test('what is wrong in the file is named with its line and key', async () => {
    const path = file('rules:\n  - action: link\n    efect: allow\n', { name: 'policy.yaml' })
    const { exitCode, stderr } = await new RelayProcess(['--listen', 'tcp://127.0.0.1:0', '--policy', path])
      .outcome
    expect(stderr).toContain(`--policy: ${path}:3:5: rules[0]: unknown key "efect"`)
    expect(exitCode).toBe(2)
  })

  test('a file that is not there is named', async () => {
    const { exitCode, stderr } = await new RelayProcess([
      '--listen',
      'tcp://127.0.0.1:0',
      '--policy',
      '/nowhere.yaml',
    ]).outcome
    expect(stderr).toContain('--policy: /nowhere.yaml: cannot be read')
    expect(exitCode).toBe(2)
  })
})

describe('--identity-file', () => {
  async function expectRefused(path: string): Promise<void> {
    const options = ['--listen', 'tcp://127.0.0.1:0', '--identity-file', path]
    const { exitCode, stderr } = await new RelayProcess(options).outcome
    expect(stderr).toContain(`--identity-file ${path}: `)
    expect(exitCode).toBe(2)
  }

  test('is made with mode 0600, and the relay keeps its id', async () => {
    const path = join(folder(), 'relay.pem')
    const ids: unknown[] = []
    for (let start = 0; start < 2; start++) {
      const relay = await RelayProcess.listening('--identity-file', path)
      ids.push((await relay.event('started'))['node'])
      relay.process.kill('SIGTERM')
      await relay.outcome
    }
    expect(ids[0]).toBe(ids[1])
    const { nodeId } = await importIdentity(readFileSync(path, 'utf8'))
    expect(ids[0]).toBe(formatNodeId(nodeId))
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('a file with something else is named, and stays as it is', async () => {
    const path = file('no key')
    await expectRefused(path)
    expect(readFileSync(path, 'utf8')).toBe('no key')
  })

  test('a folder that is not there is named', async () => {
    const path = join(folder(), 'nothing', 'relay.pem')
    await expectRefused(path)
    expect(existsSync(path)).toBe(false)
  })
})
