import { AstraNet } from '@astranet/core/browser'

/** A node in a worker, at the other end of the port that it receives: it offers `echo`. */
async function run({ secret, port }: { secret: string; port: MessagePort }): Promise<void> {
  const node = await AstraNet.create({ secret })
  const sockets = await node.bind('', 'echo')
  await node.attach(port)
  for await (const socket of sockets) await socket.readable.pipeTo(socket.writable)
}

addEventListener('message', ({ data }: MessageEvent<Parameters<typeof run>[0]>) => void run(data), {
  once: true,
})
