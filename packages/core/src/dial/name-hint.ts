import { formatNodeId, toNodeId } from '@astranet/interface'

const MAX_NODE_ID = 0xffff_ffff_ffff_ffffn

/** What a caller may have meant by a service's name that nobody offers; `undefined`: the name. */
export function nameHint(name: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name))
    return 'dial takes names of services and node ids; an address of a machine is for join'
  if (!/^\d{17,20}$/.test(name) || BigInt(name) > MAX_NODE_ID) return undefined
  return `a node id is written "${formatNodeId(toNodeId(BigInt(name)))}": formatNodeId(nodeId)`
}
