import type { AstraNet } from '@astranet/core'
import { Screen } from './screen.js'
import { ServiceList } from './service-list.js'

/** A router listens; the other processes join it. */
export async function router(node: AstraNet, address: string): Promise<void> {
  const endpoint = await node.router().listenAndServe('tcp4', address)
  process.stdout.write(`the router listens at ${endpoint.address}\n`)
}

/** Offers a service that answers each connection with one line. */
export async function serve(node: AstraNet, address: string, name: string): Promise<void> {
  const listener = await node.bind('', name, { tags: [`process ${process.pid}`] })
  listener.on('connection', (socket) => {
    socket.on('error', () => {}) // a client that was killed
    socket.end(`${name} of process ${process.pid}\n`)
  })
  await node.join('tcp4', address)
  process.stdout.write(`process ${process.pid} offers "${name}"\n`)
}

/** Shows the services: a list on a terminal, otherwise a line for each change. Ends when the node is closed. */
export async function watch(node: AstraNet, address: string): Promise<void> {
  await node.join('tcp4', address)
  const list = new ServiceList()
  const screen = process.stdout.isTTY ? new Screen(process.stdout) : undefined
  screen?.show(['no services'])
  for await (const change of node.serviceMap().watch()) {
    const line = list.apply(change)
    if (screen === undefined) process.stdout.write(`${line}\n`)
    else screen.show(headed(list.lines()))
  }
}

function headed(lines: readonly string[]): string[] {
  return [lines.length === 1 ? '1 service' : `${lines.length} services`, ...lines.map((line) => `  ${line}`)]
}
