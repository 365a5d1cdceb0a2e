import { existsSync } from 'node:fs'
import { exec } from './exec.mjs'

/**
 * Why tests cannot make networks of their own on this machine, or `undefined` when they can.
 *
 * @returns {Promise<string | undefined>}
 */
export async function whyNoNetworkNamespaces() {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (process.getuid?.() !== 0) return 'only root may make network namespaces'
  const namespace = `astra-probe-${process.pid}`
  if (!(await succeeds('ip', 'netns', 'add', namespace))) {
    return 'network namespaces cannot be made here (they need iproute2 and the capability CAP_SYS_ADMIN)'
  }
  const inside = ['netns', 'exec', namespace]
  const netem = ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms']
  const hasFirewall = await succeeds('ip', ...inside, 'nft', 'list', 'ruleset')
  const hasNetem = await succeeds('ip', ...inside, ...netem)
  const hasDelayLine = existsSync('/dev/net/tun') && (await succeeds('perl', '-MTime::HiRes', '-e', '1'))
  await succeeds('ip', 'netns', 'del', namespace)
  if (!hasFirewall) return 'nothing can stand for a NAT here (it takes nftables)'
  if (hasNetem || hasDelayLine) return undefined
  return 'nothing can delay packets here (it takes tc netem in the kernel, or /dev/net/tun and perl)'
}

/**
 * @param {string} command
 * @param {string[]} args
 */
async function succeeds(command, ...args) {
  try {
    const { exitCode } = await exec(command, args, { output: 'capture' })
    return exitCode === 0
  } catch {
    // There is no such program.
    return false
  }
}
