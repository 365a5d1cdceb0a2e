import { expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { file, user } from './support.js'

test('options come from the environment, and several addresses in one variable', async () => {
  const relay = new RelayProcess([], {
    environment: {
      ASTRANET_LISTEN: 'tcp://127.0.0.1:0,  ws://127.0.0.1:0/net\n',
      ASTRANET_ADVERTISE: 'tcp://relay.example:1,tcp://relay.example:2 tcp://relay.example:3',
      ASTRANET_SECRET_FILE: file('a secret of the environment'),
      ASTRANET_ADMIN: '127.0.0.1:0',
      ASTRANET_LOG_LEVEL: 'debug',
      // An empty value is none.
      ASTRANET_MAX_LINKS: '',
      ASTRANET_POLICY: '',
    },
  })
  const client = user({ secret: 'a secret of the environment' })
  await client.join('tcp', await relay.address('tcp'))
  await client.join('ws', await relay.address('ws'))
  expect((await fetch(`${await relay.admin()}/readyz`)).status).toBe(200)
  expect(await relay.event('reachable')).toMatchObject({ level: 'debug' })
})

test('the node acts on no variable by itself', async () => {
  const secret = 'a secret of the environment'
  const relay = new RelayProcess(['--listen', 'tcp://127.0.0.1:0', '--secret-file', file(secret)], {
    environment: {
      ASTRANET_LISTEN: 'nonsense',
      ASTRANET_SECRET: 'short',
      ASTRANET_ADMIN: 'off',
      MPXROUTER: 'nowhere:port',
      SKYNET_BIND: 'nowhere',
    },
  })
  await user({ secret }).join('tcp', await relay.address('tcp'))
})

test('the command line comes before the environment', async () => {
  const environment = { ASTRANET_LISTEN: 'nonsense', ASTRANET_ADMIN: 'off' }
  const relay = new RelayProcess(['--listen', 'tcp://127.0.0.1:0'], { environment })
  await relay.event('listening')
  expect(relay.events.some(({ event }) => event === 'admin')).toBe(false)
})

test('a wrong variable is named', async () => {
  const environment = { ASTRANET_DRAIN: '-1' }
  const { exitCode, stderr } = await new RelayProcess(['--listen', 'tcp://127.0.0.1:0'], { environment })
    .outcome
  expect(exitCode).toBe(2)
  expect(stderr).toContain("'--drain <seconds>' value '-1' from env 'ASTRANET_DRAIN' is invalid")
})

test.each(['0', 'false', 'no', ''])('a flag whose variable is %j is off', async (value) => {
  const environment = {
    ASTRANET_INSECURE: value,
    ASTRANET_LISTEN: 'tcp://192.0.2.1:0',
    ASTRANET_ADMIN: 'off',
  }
  const { exitCode, stderr } = await new RelayProcess([], { environment }).outcome
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--secret-file')
})

test('a flag whose variable says neither yes nor no is refused', async () => {
  const environment = {
    ASTRANET_INSECURE: 'maybe',
    ASTRANET_LISTEN: 'tcp://192.0.2.1:0',
    ASTRANET_ADMIN: 'off',
  }
  const { exitCode, stderr } = await new RelayProcess([], { environment }).outcome
  expect(exitCode).toBe(2)
  expect(stderr).toContain('ASTRANET_INSECURE must be 1 (yes) or 0 (no), not "maybe"')
})

test('a flag whose variable is 1 is on', async () => {
  const environment = { ASTRANET_INSECURE: '1', ASTRANET_LISTEN: 'tcp://192.0.2.1:0', ASTRANET_ADMIN: 'off' }
  const { exitCode, stderr } = await new RelayProcess([], { environment }).outcome
  expect(exitCode).toBe(1)
  expect(stderr).toContain('EADDRNOTAVAIL')
})
