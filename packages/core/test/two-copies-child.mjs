// Loads this package several times, as a program does whose dependencies have copies of their own, and uses all at once.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [, , own, other] = process.argv
const required = createRequire(import.meta.url)(own)
const copies = {
  imported: await import(pathToFileURL(own)),
  'with a query': await import(`${pathToFileURL(own)}?copy=2`),
  'of another folder': await import(pathToFileURL(other)),
}
process.stdout.write(`required is imported: ${required.AstraNet === copies.imported.AstraNet}\n`)
process.stdout.write(`copies: ${new Set(Object.values(copies).map(({ AstraNet }) => AstraNet)).size}\n`)

async function textOf(socket) {
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

/** A node of one copy serves what a node of the other one dials. */
async function echo(one, two) {
  const [server, client] = [new copies[one].AstraNet(), new copies[two].AstraNet()]
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await server.bind('echo')
  listener.on('connection', (socket) => socket.pipe(socket))
  await client.join('tcp4', address)
  const socket = await client.dial('echo')
  socket.end(`${two} to ${one}\n`)
  process.stdout.write(await textOf(socket))
  return [server, client]
}

// All stay until the last one is there.
const nodes = []
const names = Object.keys(copies)
for (const one of names) for (const two of names) nodes.push(...(await echo(one, two)))

// They may share a server, and listen for the end of the process together with the program.
process.on('exit', () => process.stdout.write('the program ends\n'))
await Promise.all(nodes.slice(1).map((node) => node.close()))
process.stdout.write('closed\n')
process.exit()
