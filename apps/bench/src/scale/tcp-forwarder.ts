import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findProgram, freePort } from '../stores/server-program.js'
import { treeCpuSeconds } from './process-tree.js'

/** From where to where bytes go: two ports of 127.0.0.1. */
interface Leg {
  readonly from: number
  readonly to: number
}

/** A program that others forward TCP with. */
export interface ForwarderProgram {
  /** Its name, which is that of its Debian package too. */
  readonly name: string
  /** The command lines that forward the legs; files may be written into the folder. */
  commands(legs: readonly Leg[], folder: string): readonly (readonly string[])[]
}

/** The programs that relays are compared with. */
export const FORWARDER_PROGRAMS: readonly ForwarderProgram[] = [
  {
    name: 'socat',
    commands: (legs) =>
      legs.map(({ from, to }) => [
        ...['-b', '65536', `TCP4-LISTEN:${from},bind=127.0.0.1,reuseaddr,fork,nodelay`],
        `TCP4:127.0.0.1:${to},nodelay`,
      ]),
  },
  {
    name: 'haproxy',
    commands: (legs, folder) => {
      const file = join(folder, 'haproxy.cfg')
      const listeners = legs.map(
        ({ from, to }) => `listen to-${to}\n  bind 127.0.0.1:${from}\n  server only 127.0.0.1:${to}\n`,
      )
      const timeouts = '  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n'
      writeFileSync(file, `defaults\n  mode tcp\n${timeouts}${listeners.join('')}`)
      return [['-db', '-f', file]]
    },
  },
]

/** How often it is tried whether a program listens, and how many times, in ms. */
const TRY_EVERY_MS = 20
const TRIES = 500

/** A running program that forwards two ports. It ends with this process. */
export class TcpForwarder {
  readonly ports: { readonly sink: number; readonly echo: number }
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[], ports: { sink: number; echo: number }) {
    this.#children = children
    this.ports = ports
  }

  /** Whether the program is installed. */
  static isThere({ name }: ForwarderProgram): boolean {
    return findProgram(name) !== undefined
  }

  /** Starts the program; resolves when both ports take connections. */
  static async start(
    program: ForwarderProgram,
    to: { readonly sink: number; readonly echo: number },
  ): Promise<TcpForwarder> {
    const folder = mkdtempSync(join(tmpdir(), 'astranet-bench-'))
    const ports = { sink: await freePort(), echo: await freePort() }
    const legs = [
      { from: ports.sink, to: to.sink },
      { from: ports.echo, to: to.echo },
    ]
    const path = findProgram(program.name) ?? program.name
    const children = program.commands(legs, folder).map((args) => {
      // A group of its own: socat forks for each connection.
      return spawn(path, args, { stdio: 'ignore', detached: true })
    })
    const forwarder = new TcpForwarder(children, ports)
    process.once('exit', () => {
      forwarder.#kill()
      rmSync(folder, { recursive: true, force: true })
    })
    for (const port of Object.values(ports)) await listens(port, program.name)
    return forwarder
  }

  /** CPU time of the program and all that it has started, in s. */
  cpuSeconds(): number {
    return this.#children.reduce((sum, { pid }) => sum + (pid === undefined ? 0 : treeCpuSeconds(pid)), 0)
  }

  /** Kills it; resolves when it has exited. */
  async end(): Promise<void> {
    const exits = this.#children
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map((child) => once(child, 'exit'))
    this.#kill()
    await Promise.all(exits)
  }

  #kill(): void {
    for (const { pid, exitCode, signalCode } of this.#children)
      if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
  }
}

async function listens(port: number, name: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const socket = connect({ port, host: '127.0.0.1' })
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await wait(TRY_EVERY_MS)
  }
  throw new Error(`${name} does not listen`)
}
