import { formatNodeId, type AstraNet } from '@astranet/core/browser'
import { element } from './elements.js'

/** Shows the services that can be dialed, and updates the list. */
export function keepListing(node: AstraNet): void {
  let shown = ''
  const list = element('services', HTMLUListElement)
  const look = (): void => {
    const lines = node.services().map(({ name, port, nodeId }) => {
      const where = nodeId === node.nodeId ? 'this page' : formatNodeId(nodeId)
      return [name, `${where}:${port}`] as const
    })
    const text = lines.join('\n')
    if (text !== shown) list.replaceChildren(...lines.map(([name, where]) => item(name, where)))
    shown = text
  }
  look()
  setInterval(look, 250)
}

function item(name: string, where: string): HTMLLIElement {
  const line = document.createElement('li')
  const [what, place] = [document.createElement('code'), document.createElement('span')]
  what.textContent = name
  place.textContent = where
  line.append(what, place)
  return line
}
