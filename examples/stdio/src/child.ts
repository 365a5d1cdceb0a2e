import { AstraNet } from '@astranet/core'
import { checkEcho } from './check-echo.js'
import { ownStdio } from './duplex-of.js'

// The program at the other end of the pipe. Its stdout carries only the link's bytes, so it prints on stderr.
const node = new AstraNet()
const echo = await node.bind('', 'child-echo')
echo.on('connection', (socket) => socket.on('error', complain).pipe(socket))
const done = await node.bind('', 'done')

/** Reports a broken stream, for example after the parent was killed. */
function complain(error: Error): void {
  process.stderr.write(`a stream broke: ${error.message}\n`)
}

await node.attach(ownStdio())
const bytes = await checkEcho(node, 'parent-echo')
process.stderr.write(`the child sent ${bytes} bytes to the parent, and all came back\n`)

// The parent dials `done` when it has finished. After that nothing keeps this process running.
await done.accept()
await node.close()
