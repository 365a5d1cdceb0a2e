import { AstraNet, generateSecret } from '@astranet/core/browser'

/** The returned bytes. */
export interface Echo {
  readonly bytes: number
  readonly isSame: boolean
}

/** Links to a node in a worker, over a MessagePort with a secret, and sends that number of bytes through its echo. */
async function echoThroughWorker(length: number): Promise<Echo> {
  const secret = generateSecret()
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker('/port-worker.js', { type: 'module' })
  worker.postMessage({ secret, port: port2 }, [port2])
  await using node = await AstraNet.create({ secret })
  await node.attach(port1)
  const socket = await node.dial('', 'echo')
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 31) >> (at % 7))
  const sent = new Blob([bytes]).stream().pipeTo(socket.writable)
  const back = new Uint8Array(await new Response(socket.readable).arrayBuffer())
  await sent
  worker.terminate()
  return { bytes: back.length, isSame: back.every((byte, at) => byte === bytes[at]) }
}

Object.assign(globalThis, { echoThroughWorker })
