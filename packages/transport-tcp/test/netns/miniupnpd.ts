import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Gateway } from '../../../../tooling/test-support/netns/lab.js'

/** Whether Debian's miniupnpd is installed, in its form for nftables. */
export function hasMiniupnpd(): boolean {
  return spawnSync('miniupnpd', ['--version']).status === 0
}

/** The address outside that the daemon names; nothing is sent to it. */
export const NAMED_ADDRESS = '1.1.1.1'

/** A gateway's daemon that forwards ports on demand, by NAT-PMP and PCP; its firewall needs `portMapping`. */
export class Miniupnpd implements AsyncDisposable {
  readonly #daemon: ChildProcess
  readonly #folder: string

  private constructor(daemon: ChildProcess, folder: string) {
    this.#daemon = daemon
    this.#folder = folder
  }

  /** Starts it in the gateway's namespace, and resolves when it answers. */
  static async start({ namespace }: Gateway, protocol: 'PCP' | 'UPnP' = 'PCP'): Promise<Miniupnpd> {
    const folder = mkdtempSync(join(tmpdir(), 'astra-miniupnpd-'))
    const config = join(folder, 'miniupnpd.conf')
    const lines = [
      'ext_ifname=wan',
      // It forwards nothing at an address of documentation. This one is only named in its answers.
      `ext_ip=${NAMED_ADDRESS}`,
      'listening_ip=lan',
      `enable_natpmp=${protocol === 'PCP' ? 'yes' : 'no'}`,
      `enable_upnp=${protocol === 'UPnP' ? 'yes' : 'no'}`,
      'secure_mode=yes',
      'upnp_table_name=filter',
      'upnp_nat_table_name=filter',
      'uuid=11111111-2222-3333-4444-555555555555',
      'allow 1024-65535 192.168.0.0/16 1024-65535',
      'deny 0-65535 0.0.0.0/0 0-65535',
    ]
    writeFileSync(config, `${lines.join('\n')}\n`)
    const args = ['-d', '-f', config, '-P', join(folder, 'pid')]
    const daemon = spawn('ip', ['netns', 'exec', namespace, 'miniupnpd', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const started = new Miniupnpd(daemon, folder)
    let printed = ''
    const listens = new Promise<void>((resolve, reject) => {
      daemon.stderr.on('data', (chunk) => {
        printed += String(chunk)
        if (printed.includes(protocol === 'PCP' ? 'NAT-PMP/PCP' : 'HTTP listening')) resolve()
      })
      daemon.once('exit', () => reject(new Error(`miniupnpd ended: ${printed}`)))
    })
    await listens
    return started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon.exitCode === null && this.#daemon.signalCode === null) {
      const exit = once(this.#daemon, 'exit')
      this.#daemon.kill('SIGKILL')
      await exit
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
