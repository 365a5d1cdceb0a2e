import { spawn } from 'node:child_process'
import { formatNodeId } from '@astranet/core'
import { expect, onTestFinished, test } from 'vitest'
import { COMMAND, RelayProcess } from './relay-process.js'
import { user } from './support.js'

test('nodes that join and leave are logged, with their address, role and bytes', async () => {
  const relay = await RelayProcess.listening()
  const client = user({ role: 'leaf' })
  const node = formatNodeId(client.nodeId)
  await client.join('tcp', await relay.address())
  expect(await relay.event('joined', { node })).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    isDialedHere: false,
    role: 'leaf',
    security: 'private',
    msg: expect.stringMatching(new RegExp(`^joined: ${node} from 127\\.0\\.0\\.1:\\d+ \\(leaf, private\\)$`)),
  })
  await client.close()
  const left = await relay.event('left', { node })
  expect(left).toMatchObject({ code: 'none', msg: expect.stringContaining(`left: ${node} (`) })
  expect(left['receivedBytes']).toBeGreaterThan(0)
})

test('a node that breaks off leaves with the reason', async () => {
  const relay = await RelayProcess.listening()
  // A second relay is a node in a process of its own, which can be killed.
  const other = await RelayProcess.listening('--join', `tcp://${await relay.address()}`)
  const node = String((await other.event('started'))['node'])
  await relay.event('joined', { node, role: 'router' })
  other.process.kill('SIGKILL')
  const { code, msg } = await relay.event('left', { node })
  expect(code).not.toBe('none')
  expect(msg).toMatch(/^left: n\w+: .+/)
})

test('--log text: one line for each event, for people', async () => {
  const relay = await RelayProcess.listening('--log', 'json')
  const args = ['--listen', 'tcp://127.0.0.1:0', '--admin', 'off', '--log', 'text']
  const other = new RelayProcess([...args, '--join', `tcp://${await relay.address()}`])
  await other.stdoutHas(/^\d\d:\d\d:\d\d relay n\w+, version \d/m)
  await other.stdoutHas(/^\d\d:\d\d:\d\d listens on tcp:\/\/127\.0\.0\.1:\d+$/m)
  await other.stdoutHas(/^\d\d:\d\d:\d\d joined: n\w+ at 127\.0\.0\.1:\d+ \(router, private\)$/m)
})

test('--log-level: only events of the level and more serious ones', async () => {
  const quiet = new RelayProcess([
    '--listen',
    'tcp://127.0.0.1:0',
    '--admin',
    '127.0.0.1:0',
    '--log-level',
    'warn',
  ])
  const verbose = await RelayProcess.listening('--log-level', 'debug')
  const client = user()
  await client.join('tcp', await verbose.address())
  await verbose.event('reachable', { node: formatNodeId(client.nodeId), level: 'debug' })
  quiet.process.kill('SIGTERM')
  await quiet.outcome
  expect(quiet.events).toEqual([])
})

test.runIf(process.platform !== 'win32')('the relay goes on when the reader of its log is gone', async () => {
  const relay = spawn(
    process.execPath,
    [COMMAND, '--listen', 'tcp://127.0.0.1:0', '--admin', '127.0.0.1:0'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  onTestFinished(() => void relay.kill('SIGKILL'))
  let text = ''
  for await (const chunk of relay.stdout) {
    text += String(chunk)
    if (text.includes('"event":"listening"')) break
  }
  // The loop has closed the pipe. Each join is a line that nobody reads.
  const address = /tcp:\/\/(127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? ''
  for (let round = 0; round < 3; round++) {
    const client = user()
    await client.join('tcp', address)
    await client.close()
  }
  const admin = /"url":"([^"]+)"/.exec(text)?.[1] ?? ''
  expect((await fetch(`${admin}/healthz`)).status).toBe(200)
})
