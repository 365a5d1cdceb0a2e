import { formatNodeId, type AstraNet } from '@astranet/core/browser'
import { element } from './elements.js'

/** Shows the services of the network, and updates the list, until the node is closed. */
export async function keepListing(node: AstraNet): Promise<void> {
  const list = element('services', HTMLUListElement)
  const lines = new Map<string, HTMLLIElement>()
  for await (const { kind, service } of node.serviceMap().watch()) {
    const { name, port, nodeId } = service
    const where = nodeId === node.nodeId ? 'this page' : formatNodeId(nodeId)
    const key = `${name} ${where}:${port}`
    lines.get(key)?.remove()
    lines.delete(key)
    if (kind === 'remove') continue
    const line = item(name, `${where}:${port}`)
    lines.set(key, line)
    list.append(line)
  }
}

function item(name: string, where: string): HTMLLIElement {
  const line = document.createElement('li')
  const [what, place] = [document.createElement('code'), document.createElement('span')]
  what.textContent = name
  place.textContent = where
  line.append(what, place)
  return line
}
