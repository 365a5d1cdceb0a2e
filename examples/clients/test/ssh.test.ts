import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs, startDaemon, type Daemon } from './daemon.js'
import { twoNodes, type TwoNodes } from './two-nodes.js'

const found = programs('ssh2 against sshd', 'sshd')
const [host, user] = [ssh2.utils.generateKeyPairSync('ed25519'), ssh2.utils.generateKeyPairSync('ed25519')]

describe.runIf(found)('sshd, published by its port', () => {
  let daemon: Daemon
  let nodes: TwoNodes

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'astranet-clients-'))
    const port = await freePort()
    await writeFile(join(folder, 'host_key'), host.private, { mode: 0o600 })
    await writeFile(join(folder, 'authorized_keys'), user.public)
    const settings = ['ListenAddress 127.0.0.1', `Port ${port}`, `HostKey ${folder}/host_key`, 'PidFile none']
    const access = [`AuthorizedKeysFile ${folder}/authorized_keys`, 'StrictModes no', 'UsePAM no']
    await writeFile(join(folder, 'config'), [...settings, ...access, ''].join('\n'))
    // As its packages do when they start it.
    if (process.getuid?.() === 0 && !existsSync('/run/sshd')) await mkdir('/run/sshd')
    daemon = await startDaemon(found?.[0] ?? '', ['-D', '-e', '-f', join(folder, 'config')], {
      folder,
      ready: /Server listening/,
      isRoot: true,
    })
    nodes = await twoNodes()
    await nodes.server.publish('ssh', `tcp://127.0.0.1:${port}`)
  }, 60_000)

  afterAll(async () => {
    await nodes[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  it('answers ssh2, by its option sock', async () => {
    const client = new ssh2.Client()
    const sock = await nodes.client.dial('', 'ssh')
    client.connect({ sock, username: userInfo().username, privateKey: user.private })
    await once(client, 'ready')
    const output = await new Promise<string>((resolve, reject) => {
      client.exec('printf "there and back"', (error, channel) => {
        if (error !== undefined) return reject(error)
        let text = ''
        channel.on('data', (chunk: Buffer) => (text += String(chunk)))
        channel.on('close', () => resolve(text))
      })
    })
    expect(output).toBe('there and back')
    client.end()
    await once(client, 'close')
  })
})

/** sshd takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
