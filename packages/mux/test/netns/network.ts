import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a path between two namespaces is like. */
export interface PathOptions {
  /** Bytes that leave either end in a second. */
  readonly bytesPerSecond: number
  /** Time from one end to the other, in ms. */
  readonly delayMs: number
}

/** Two network namespaces with one path between them, made for a test. */
export interface Network {
  /** The namespaces' names, for `ip netns exec`. */
  readonly a: string
  readonly b: string
  /** The address of b's end. */
  readonly address: string
  /** Takes the path down for good: nothing arrives any more, and neither end is told. */
  cut(): void
  /** Removes everything. */
  dispose(): Promise<void>
}

const ADDRESSES = { a: '10.77.0.1', b: '10.77.0.2' }

/** Windows of TCP that suit the longest path here; in the namespaces only. */
const SYSCTLS = { tcp_wmem: '4096 16384 67108864', tcp_rmem: '4096 131072 67108864' }

/** What a packet may hold: as large as on most fast links. */
const MTU = '9000'

let networks = 0

/** Makes a network. Where the kernel has no netem, a process between two TUN devices takes its place. */
export async function network(options: PathOptions): Promise<Network> {
  const name = `astra-${process.pid}-${networks++}`
  const names = { a: `${name}-a`, b: `${name}-b` }
  for (const namespace of [names.a, names.b]) run('ip', 'netns', 'add', namespace)
  const line = hasNetem(names.a) ? layVeth(names, options) : await layTun(names, options)
  for (const end of ['a', 'b'] as const) configure(names[end], ADDRESSES[end])
  return {
    ...names,
    address: ADDRESSES.b,
    cut() {
      for (const namespace of [names.a, names.b]) inside(namespace, 'ip', 'link', 'set', 'path', 'down')
    },
    async dispose() {
      for (const namespace of [names.a, names.b]) run('ip', 'netns', 'del', namespace)
      if (line === undefined) return
      const exit = once(line, 'exit')
      line.stdin?.end()
      await exit
    },
  }
}

function hasNetem(namespace: string): boolean {
  try {
    inside(namespace, 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms')
    inside(namespace, 'tc', 'qdisc', 'del', 'dev', 'lo', 'root')
    return true
  } catch {
    return false
  }
}

function layVeth(names: { a: string; b: string }, options: PathOptions): undefined {
  const peer = ['type', 'veth', 'peer', 'name', 'path', 'netns', names.b]
  run('ip', 'link', 'add', 'path', 'netns', names.a, ...peer)
  const { bytesPerSecond, delayMs } = options
  // Packets under way count against the limit; with less than the path holds, netem itself would lose some.
  const netem = ['delay', `${delayMs}ms`, 'rate', `${bytesPerSecond * 8}bit`, 'limit', '100000']
  for (const namespace of [names.a, names.b]) {
    inside(namespace, 'tc', 'qdisc', 'add', 'dev', 'path', 'root', 'netem', ...netem)
  }
  return undefined
}

async function layTun(names: { a: string; b: string }, options: PathOptions): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('delay-line.pl', import.meta.url))
  const devices = { a: `at${process.pid}x${networks}a`, b: `at${process.pid}x${networks}b` }
  const settings = [String(options.bytesPerSecond), String(options.delayMs)]
  const line = spawn('perl', [script, devices.a, devices.b, ...settings], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await Promise.race([
    once(line.stdout, 'data'),
    once(line, 'exit').then(() => Promise.reject(new Error('the delay line ended before it was ready'))),
  ])
  for (const end of ['a', 'b'] as const) {
    run('ip', 'link', 'set', devices[end], 'netns', names[end], 'name', 'path')
  }
  return line
}

function configure(namespace: string, address: string): void {
  inside(namespace, 'ip', 'link', 'set', 'lo', 'up')
  inside(namespace, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'path')
  inside(namespace, 'ip', 'link', 'set', 'path', 'mtu', MTU, 'txqueuelen', '10000', 'up')
  for (const [name, value] of Object.entries(SYSCTLS)) {
    inside(namespace, 'sh', '-c', `echo ${value} > /proc/sys/net/ipv4/${name}`)
  }
}

function inside(namespace: string, command: string, ...args: string[]): void {
  run('ip', 'netns', 'exec', namespace, command, ...args)
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
