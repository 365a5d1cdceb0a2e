import { describe, expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { file } from './support.js'

const HERE = ['--listen', 'tcp://127.0.0.1:0', '--no-admin']

const WRONG: [what: string, args: string[], sentence: RegExp][] = [
  ['an unknown option', ['--lisen', 'x'], /unknown option '--lisen' \(Did you mean --listen\?\)/],
  ['an argument', [...HERE, 'more'], /too many arguments/],
  ['no address to listen on', [], /--listen is missing/],
  ['an option without its value', ['--listen'], /'--listen <address>' argument missing/],
  [
    'an address without a network',
    ['--listen', '1.2.3.4:5'],
    /--listen "1.2.3.4:5".*mean tcp:\/\/1.2.3.4:5\?/,
  ],
  ...(
    [
      ['::1:1000', /--listen "::1:1000" has no network: did you mean tcp:\/\/\[::1\]:1000\?/],
      ['tcp://::1:1000', /--listen "tcp:\/\/::1:1000" needs brackets.* mean tcp:\/\/\[::1\]:1000\?/],
      [
        'tcp://fe80::1:2:3:4:5',
        /needs brackets around its IPv6 address: did you mean tcp:\/\/\[fe80::1:2:3:4\]:5\?/,
      ],
      ['ws://::1:1000', /needs brackets around its IPv6 address: did you mean ws:\/\/\[::1\]:1000\?/],
      ['tcp://10000', /must be tcp:\/\/HOST:PORT: did you mean tcp:\/\/0\.0\.0\.0:10000\?/],
      ['tls://host', /must be tls:\/\/HOST:PORT: did you mean tls:\/\/host:10000\?/],
      ['tcp://0.0.0.0:70000', /--listen tcp:\/\/0\.0\.0\.0:70000: Port should be >= 0 and < 65536/],
    ] as const
  ).map(([address, sentence]): [string, string[], RegExp] => [
    `${address}, before a secret is asked for`,
    ['--listen', address],
    sentence,
  ]),
  [
    'an origin with a slash at its end',
    [...HERE, '--ws-origin', 'https://x', '--ws-origin', 'https://x/'],
    /--ws-origin "https:\/\/x\/" must be an origin: write "https:\/\/x"/,
  ],
  [
    'an advertised address without a host',
    [...HERE, '--advertise', 'tcp://:10000'],
    /--advertise "tcp:\/\/:10000" has no host that other nodes can dial/,
  ],
  [
    'an advertised address with port 0',
    [...HERE, '--advertise', 'tcp://10.0.0.1:0'],
    /--advertise "tcp:\/\/10\.0\.0\.1:0" must have a port from 1 to 65535/,
  ],
  [
    'an advertised address without a port',
    [...HERE, '--advertise', 'tls://relay.example'],
    /--advertise "tls:\/\/relay\.example" must have a port from 1 to 65535/,
  ],
  [
    'an advertised WebSocket address with a port that is none',
    [...HERE, '--advertise', 'wss://relay.example:99999/path'],
    /--advertise "wss:\/\/relay\.example:99999\/path" must have a port from 1 to 65535/,
  ],
  [
    'too many advertised addresses',
    [...HERE, ...Array.from({ length: 17 }, (_, n) => ['--advertise', `tcp://10.0.0.${n}:1`]).flat()],
    /--advertise has 17 addresses, and 16 are the most/,
  ],
  [
    'an unknown network',
    ['--listen', 'udp://127.0.0.1:1'],
    /--listen "udp:.* must begin with one of tcp:\/\//,
  ],
  ['a network without an address', ['--listen', 'unix://'], /--listen "unix:\/\/" has no address/],
  [
    'a port that is none',
    ['--listen', 'tcp://127.0.0.1:65536', '--no-admin'],
    /--listen tcp:.* Port should be >= 0 and < 65536/,
  ],
  [
    'a wrong address to join',
    [...HERE, '--join', 'tcp://nowhere'],
    /--join tcp:\/\/nowhere: The argument 'address' must be/,
  ],
  [
    'an address to advertise without a network',
    [...HERE, '--advertise', 'relay.example:443'],
    /--advertise "relay.example:443" has no network/,
  ],
  [
    'TLS without a certificate',
    ['--listen', 'tls://127.0.0.1:0'],
    /--listen tls:.* --tls-cert and --tls-key/,
  ],
  ['a certificate without its key', [...HERE, '--tls-cert', 'x'], /--tls-cert needs --tls-key/],
  ['a key without its certificate', [...HERE, '--tls-key', 'x'], /--tls-key needs --tls-cert/],
  ['no number', [...HERE, '--drain', 'soon'], /'--drain <seconds>' argument 'soon' is invalid.* 0 to 86400/],
  ['a number that is too large', [...HERE, '--drain', '86401'], /'--drain <seconds>' argument '86401'/],
  [
    'a rate that is too low',
    [...HERE, '--max-node-rate', '100'],
    /'--max-node-rate <bytes>' argument '100'.* 16384 to/,
  ],
  [
    'a rate that is too high',
    [...HERE, '--max-node-rate', '1099511627777'],
    /'--max-node-rate <bytes>' argument '1099511627777'.* 16384 to 1099511627776/,
  ],
  ['a number that is too small', [...HERE, '--max-links', '0'], /'--max-links <number>' argument '0'.* 1 to/],
  ['an unknown format', [...HERE, '--log', 'xml'], /'--log <format>' argument 'xml'.* text, json/],
  [
    'an unknown level',
    [...HERE, '--log-level', 'loud'],
    /'--log-level <level>' argument 'loud'.* debug, info/,
  ],
  [
    'an admin address that is none',
    ['--listen', 'tcp://127.0.0.1:0', '--admin', '9090'],
    /--admin "9090" must be/,
  ],
  [
    'an admin address for other machines',
    ['--listen', 'tcp://127.0.0.1:0', '--admin', '0.0.0.0:0'],
    /--admin 0.0.0.0:0 can be reached from other machines.* --admin-public/,
  ],
]

describe('the command ends with code 2, and one sentence that names what is wrong, for', () => {
  test.each(WRONG)('%s', async (_, args, sentence) => {
    const { exitCode, stderr } = await new RelayProcess(args).outcome
    expect(stderr).toMatch(/^astranet-relay: [^\n]+\nTry astranet-relay --help\.\n$/)
    expect(stderr).toMatch(sentence)
    expect(exitCode).toBe(2)
  })
})

test('a secret in the environment is refused, and not shown', async () => {
  const environment = { ASTRANET_SECRET: 'a secret of sixteen or more' }
  const { exitCode, stderr, stdout } = await new RelayProcess(HERE, { environment }).outcome
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(
    /^astranet-relay: ASTRANET_SECRET is not read.*--secret-file or ASTRANET_SECRET_FILE\n/,
  )
  expect(stderr).not.toContain(environment.ASTRANET_SECRET)
})

describe('a relay for other machines', () => {
  test.each(['tcp://0.0.0.0:0', 'tcp://:0', 'ws://[::]:0/x', 'tcp6://[::]:0', 'tcp://relay.example:0'])(
    'does not listen on %s without a secret and a policy, and says what to do',
    async (address) => {
      const { exitCode, stderr, stdout } = await new RelayProcess(['--listen', address, '--no-admin']).outcome
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
      expect(stderr).toContain(`--listen ${address} can be reached from other machines`)
      for (const way of ['astranet-secret', '--secret-file', '--policy', '127.0.0.1', '--insecure'])
        expect(stderr).toContain(way)
    },
  )

  // An address that no machine has: what is accepted gets as far as the system, and nothing listens for other machines.
  const beyond = ['--listen', 'tcp://192.0.2.1:0', '--no-admin']

  test.each([
    ['--insecure', () => ['--insecure']],
    ['a secret', () => ['--secret-file', file('a secret of sixteen or more')]],
    ['a policy', () => ['--policy', file('{ "rules": [] }', { name: 'policy.json' })]],
  ])('listens with %s', async (_, options) => {
    const { exitCode, stderr } = await new RelayProcess([...beyond, ...options()]).outcome
    expect(stderr).toMatch(/^astranet-relay: --listen tcp:\/\/192\.0\.2\.1:0: .*EADDRNOTAVAIL/)
    expect(exitCode).toBe(1)
  })
})

test('a port that is taken is an error with the address and code 1', async () => {
  const first = await RelayProcess.listening()
  const address = await first.address()
  const second = new RelayProcess(['--listen', `tcp://${address}`, '--no-admin'])
  const { exitCode, stderr } = await second.outcome
  expect(stderr).toMatch(new RegExp(`^astranet-relay: --listen tcp://${address}: .*EADDRINUSE`))
  expect(exitCode).toBe(1)
  const third = new RelayProcess(['--listen', 'tcp://127.0.0.1:0', '--admin', (await first.admin()).slice(7)])
  const outcome = await third.outcome
  expect(outcome.stderr).toMatch(/^astranet-relay: --admin 127\.0\.0\.1:\d+: .*EADDRINUSE.*--no-admin/)
  expect(outcome.exitCode).toBe(1)
})

test('--help and --version go to stdout', async () => {
  const help = await new RelayProcess(['--help']).outcome
  expect(help).toMatchObject({ exitCode: 0, stderr: '' })
  expect(help.stdout).toContain('--secret-file <file>')
  const version = await new RelayProcess(['--version']).outcome
  expect(version).toMatchObject({ exitCode: 0, stderr: '' })
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
