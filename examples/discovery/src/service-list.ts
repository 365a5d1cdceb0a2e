import { formatNodeId, type ServiceChange, type ServiceInstance } from '@astranet/core'

/** The services of the network as lines of text. */
export class ServiceList {
  readonly #lines = new Map<string, string>()

  /** Takes a change. Returns it as one line: `+` a service came, `-` it is gone, `*` it has changed. */
  apply({ kind, service }: ServiceChange): string {
    const key = `${service.name} ${service.nodeId} ${service.port}`
    const line = lineOf(service)
    if (kind === 'remove') this.#lines.delete(key)
    else this.#lines.set(key, line)
    return `${SIGNS[kind]} ${line}`
  }

  /** All services, ordered by name. */
  lines(): string[] {
    return [...this.#lines.values()].sort()
  }
}

const SIGNS = { add: '+', change: '*', remove: '-' } as const

function lineOf({ name, nodeId, tags }: ServiceInstance): string {
  return [name, formatNodeId(nodeId), ...tags].join('  ')
}
