import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

/** The machine of a measurement. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
}

/** This machine. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
  }
}

/** Versions of what is measured: Node, the system's Go if `hasGo`, AstraNet and the packages of the peers. */
export function describeVersions(hasGo: boolean): Record<string, string> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const isPeer = (name: string): boolean => /yamux|mplex|qmux|etcd3|@nats-io/.test(name)
  const packages = Object.entries(manifest.dependencies).filter(([name]) => isPeer(name))
  const commit = output('git', ['rev-parse', '--short=12', 'HEAD'])
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    astranet: commit ?? 'unknown',
    ...Object.fromEntries(packages),
    ...(hasGo ? { go: output('go', ['env', 'GOVERSION']) ?? 'unknown' } : {}),
  }
}

function output(command: string, args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}
