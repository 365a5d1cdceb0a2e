import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { treeCpuSeconds } from '../src/scale/process-tree.js'
import { readScaleArguments } from '../src/scale/scale-arguments.js'
import { FORWARDER_PROGRAMS } from '../src/scale/tcp-forwarder.js'

test('without options it is 5,000 links, measured for 30 s, of which ten come and go in a second', () => {
  expect(readScaleArguments([])).toEqual({
    links: 5_000,
    seconds: 30,
    settleSeconds: 12,
    changesPerSecond: 10,
    tunnels: 10_000,
    rounds: 3,
    profile: undefined,
  })
  const options = ['--links', '10', '--seconds', '0.5', '--settle', '0', '--changes', '0', '--profile', 'x']
  expect(readScaleArguments(options)).toEqual({
    links: 10,
    seconds: 0.5,
    settleSeconds: 0,
    changesPerSecond: 0,
    tunnels: 10_000,
    rounds: 3,
    profile: 'x',
  })
  expect(readScaleArguments(['--help'])).toBe(undefined)
})

test.each([
  [['--links', '0'], /^--links must be a number of at least 1, got "0"/],
  [['--links', 'many'], /^--links must be a number/],
  [['--seconds=-1'], /^--seconds must be/],
  [['--settle', 'x'], /^--settle must be/],
  [['--changes=-1'], /^--changes must be/],
  [['--tunnels', '0'], /^--tunnels must be/],
  [['--rounds', '0'], /^--rounds must be/],
  [['--leaves', '1'], /--leaves/],
  [['hub'], /hub/],
])('%j is wrong, and the message says what', (args, message) => {
  expect(() => readScaleArguments(args)).toThrow(message)
})

test('the CPU time of a process tree is what the process itself counts, where Linux tells it', () => {
  const end = performance.now() + 200
  while (performance.now() < end);
  const { user, system } = process.cpuUsage()
  const counted = treeCpuSeconds(process.pid)
  if (process.platform === 'linux') {
    // Linux counts in hundredths of a second.
    expect(counted).toBeGreaterThan((user + system) / 1e6 - 0.1)
  } else expect(counted).toBe(0)
  expect(treeCpuSeconds(0)).toBe(0)
})

test('each forwarder forwards both ports, and nothing but those of this machine', () => {
  const legs = [
    { from: 1, to: 2 },
    { from: 3, to: 4 },
  ]
  const folder = mkdtempSync(join(tmpdir(), 'astranet-bench-test-'))
  try {
    const [socat, haproxy] = FORWARDER_PROGRAMS.map((program) => program.commands(legs, folder))
    expect(socat?.map((args) => args.slice(-2))).toEqual([
      ['TCP4-LISTEN:1,bind=127.0.0.1,reuseaddr,fork,nodelay', 'TCP4:127.0.0.1:2,nodelay'],
      ['TCP4-LISTEN:3,bind=127.0.0.1,reuseaddr,fork,nodelay', 'TCP4:127.0.0.1:4,nodelay'],
    ])
    expect(haproxy).toEqual([['-db', '-f', join(folder, 'haproxy.cfg')]])
    const config = readFileSync(join(folder, 'haproxy.cfg'), 'utf8')
    for (const line of [
      'bind 127.0.0.1:1',
      'server only 127.0.0.1:2',
      'bind 127.0.0.1:3',
      'server only 127.0.0.1:4',
    ])
      expect(config).toContain(line)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
