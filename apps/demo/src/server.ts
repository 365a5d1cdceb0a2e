import { createServer } from 'node:http'
import { AstraNet, type Socket } from '@astranet/core'
import { answerCalls } from './answer-calls.js'
import { countBytes } from './bulk.js'
import type { ServerCalls } from './calls.js'
import { measureMemory } from './memory.js'
import { nowMs } from './now.js'
import { respondWithPage } from './page.js'

/** The server process: one node with its services, which joins the relay and listens only when it is told to. */
const node = new AstraNet()
let openStreams = 0

const calls: ServerCalls = {
  async join({ address }) {
    const echo = await node.bind('', 'echo', { allowHalfOpen: true })
    echo.on('connection', serveEcho)
    const web = await node.bind('', 'web')
    const http = createServer(respondWithPage)
    web.on('connection', (socket) => http.emit('connection', socket))
    const bulk = await node.bind('', 'bulk', { allowHalfOpen: true })
    bulk.on('connection', countBytes)
    await node.join('tcp4', address)
    return undefined
  },
  async listen() {
    const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
    return { address, listeningAtMs: nowMs() }
  },
  async bindLate() {
    const boundAtMs = nowMs()
    await node.bind('', 'late')
    return { boundAtMs }
  },
  openStreams: () => Promise.resolve(openStreams),
  memory: () => measureMemory(),
}

/** Echoes. All sockets share the handlers: closures for a million streams would dominate the measured memory. */
function serveEcho(socket: Socket): void {
  openStreams += 1
  socket.on('data', echo)
  socket.on('drain', resume)
  socket.on('end', end)
  socket.on('error', ignore)
  socket.on('close', closed)
}

function echo(this: Socket, chunk: Uint8Array): void {
  if (!this.write(chunk)) this.pause()
}

function resume(this: Socket): void {
  this.resume()
}

function end(this: Socket): void {
  this.end()
}

/** The client notices a broken stream and reports it. */
function ignore(): void {}

function closed(): void {
  openStreams -= 1
}

answerCalls(calls)
