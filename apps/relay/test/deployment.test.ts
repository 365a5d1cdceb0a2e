import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DEFAULT_ADMIN, DEFAULT_DRAIN_SECONDS } from '../src/arguments/command.js'
import { ExitCode } from '../src/failure.js'
import { APP, imageCommand, unitValue, withInstead } from './deployment-files.js'
import { COMMAND, RelayProcess } from './relay-process.js'
import { failure, folder, user } from './support.js'

const SECRET = 'the secret of this network'

/** What both deployments have: a relay with a secret and a kept identity, which leaves when it is asked to. */
async function expectRelay(relay: RelayProcess, state: string): Promise<void> {
  const address = await relay.address()
  await user({ secret: SECRET }).join('tcp', address)
  expect(await failure(user().join('tcp', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_AUTHENTICATION' })
  expect(statSync(join(state, 'identity.pem')).mode & 0o077).toBe(0)
  relay.process.kill('SIGTERM')
  expect((await relay.outcome).exitCode).toBe(0)
}

describe.runIf(process.platform !== 'win32')('the systemd unit', () => {
  test('starts a relay with the secret of its credentials and the identity of its state', async () => {
    const [credentials, state] = [folder(), folder()]
    writeFileSync(join(credentials, 'network-secret'), `${SECRET}\n`, { mode: 0o400 })
    const [, ...args] = withInstead(unitValue('ExecStart').split(' '), {
      '${CREDENTIALS_DIRECTORY}': credentials,
      '${STATE_DIRECTORY}': state,
      '0.0.0.0:10000': '127.0.0.1:0',
    })
    const relay = new RelayProcess(args, { environment: { ASTRANET_ADMIN: '127.0.0.1:0' } })
    await expectRelay(relay, state)
    expect(unitValue('LoadCredential')).toMatch(/^network-secret:/)
  })

  test('gives the relay the time that it may take, and does not repeat what cannot succeed', () => {
    expect(Number(unitValue('TimeoutStopSec'))).toBeGreaterThan(DEFAULT_DRAIN_SECONDS)
    expect(unitValue('RestartPreventExitStatus')).toBe(String(ExitCode.USAGE))
    expect(unitValue('Restart')).toBe('on-failure')
    expect([unitValue('DynamicUser'), unitValue('ProtectSystem')]).toEqual(['yes', 'strict'])
  })
})

describe.runIf(process.platform !== 'win32')('the image', () => {
  test('starts a healthy relay', async () => {
    const [secrets, state] = [folder(), folder()]
    writeFileSync(join(secrets, 'network-secret'), SECRET)
    const [node, entry] = imageCommand('ENTRYPOINT')
    expect([node, entry?.replace('/opt/astranet-relay/', APP)]).toEqual(['node', COMMAND])
    const args = withInstead(imageCommand('CMD'), {
      '/run/secrets': secrets,
      '/var/lib/astranet-relay': state,
      '0.0.0.0:10000': '127.0.0.1:0',
    })
    const relay = new RelayProcess(args, { environment: { ASTRANET_ADMIN: '127.0.0.1:0' } })
    await relay.event('listening')
    const { port } = new URL(await relay.admin())
    expect(await healthOf(`127.0.0.1:${port}`)).toBe(0)
    await expectRelay(relay, state)
    expect(await healthOf(`127.0.0.1:${port}`)).toBe(1)
  })

  test('has a .dockerignore, so that modules of this machine stay out', () => {
    expect(existsSync(join(APP, 'Dockerfile.dockerignore'))).toBe(true)
  })
})

/** The exit code of the check of the image, asked at another address than the default one. */
async function healthOf(address: string): Promise<number | null> {
  const [, ...args] = withInstead(imageCommand('HEALTHCHECK'), { [DEFAULT_ADMIN]: address })
  const check = spawn(process.execPath, args, { stdio: 'inherit' })
  const [exitCode] = (await once(check, 'close')) as [number | null]
  return exitCode
}
