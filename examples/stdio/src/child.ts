import { AstraNet } from '@astranet/core'
import { checkEcho } from './check-echo.js'
import { ownStdio } from './duplex-of.js'

// The program at the other end of the pipe. Its stdout carries the link's bytes and nothing else, so it speaks on stderr.
const node = new AstraNet()
const echo = await node.bind('', 'child-echo')
echo.on('connection', (socket) => socket.on('error', complain).pipe(socket))
const done = await node.bind('', 'done')

/** A stream that broke, because the parent was killed for example. */
function complain(error: Error): void {
  process.stderr.write(`a stream broke: ${error.message}\n`)
}

await node.attach(ownStdio())
const bytes = await checkEcho(node, 'parent-echo')
process.stderr.write(`the child sent ${bytes} bytes to the parent, and all came back\n`)

// The parent says when it has seen all it wants; then nothing is left that keeps this process.
await done.accept()
await node.close()
