import { spawnSync } from 'node:child_process'

/** Runs a command and returns what it printed; throws with what it printed on stderr when it fails. */
export function run(command: string, ...args: string[]): string {
  return runWith('', command, ...args)
}

/** Runs a command in a network namespace. */
export function inside(namespace: string, command: string, ...args: string[]): string {
  return run('ip', 'netns', 'exec', namespace, command, ...args)
}

/** Runs several `ip` commands in a network namespace in one process, one a line, for example `link set lo up`. */
export function ipBatch(namespace: string, lines: readonly string[]): void {
  runWith(`${lines.join('\n')}\n`, 'ip', '-n', namespace, '-batch', '-')
}

/** Sets values below /proc/sys in a network namespace, for example `net/ipv4/ip_forward`. */
export function setSystemValues(namespace: string, values: Readonly<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => `echo '${value}' > /proc/sys/${name}`)
  inside(namespace, 'sh', '-ec', lines.join('\n'))
}

/** Replaces the firewall of a network namespace by these rules of nftables. */
export function setFirewall(namespace: string, rules: string): void {
  runWith(`flush ruleset\n${rules}\n`, 'ip', 'netns', 'exec', namespace, 'nft', '-f', '-')
}

function runWith(input: string, command: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}\n${input}`)
  return stdout
}
