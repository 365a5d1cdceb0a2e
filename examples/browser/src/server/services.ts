import type { AstraNet, Socket } from '@astranet/core'
import { text } from 'node:stream/consumers'

/** Binds the services that the page dials. */
export async function bindServices(node: AstraNet): Promise<void> {
  const echo = await node.bind('', 'echo')
  echo.on('connection', (socket) => quietly(socket).pipe(socket))
  const clock = await node.bind('', 'clock')
  clock.on('connection', (socket) => tick(quietly(socket)))
  const callBack = await node.bind('', 'call-back')
  callBack.on('connection', (socket) => {
    call(node, socket).then(
      (answer) => quietly(socket).end(answer),
      (error: Error) => socket.destroy(error),
    )
  })
}

/** Ignores errors of the socket: a page may close at any time. */
function quietly(socket: Socket): Socket {
  return socket.on('error', () => undefined)
}

/** Writes the time, once a second. */
function tick(socket: Socket): void {
  const write = (): void => void socket.write(`${new Date().toLocaleTimeString('en-GB')}\n`)
  write()
  const timer = setInterval(write, 1_000)
  socket.once('close', () => clearInterval(timer))
  socket.resume()
}

/** Dials the `greeting` of the node that asks, and resolves with its answer. */
async function call(node: AstraNet, { remoteNode }: Socket): Promise<string> {
  const socket = await node.dial('', 'greeting', {
    allowHalfOpen: true,
    selector: (instances) => instances.find(({ nodeId }) => nodeId === remoteNode),
  })
  socket.end(`Node ${process.versions.node}`)
  return await text(socket)
}
