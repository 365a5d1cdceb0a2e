// A node in a worker: it offers "echo", and sends back what "main" of the main thread says.
import { parentPort, workerData } from 'node:worker_threads'
import { install } from '../../../tooling/test-support/typescript-loader.mjs'

install()
const { AstraNet } = await import('../src/index.ts')

const node = new AstraNet(workerData.options)
const echo = await node.bind('', 'echo')
echo.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
parentPort.postMessage('ready')
await node.attach(workerData.port)
const socket = await node.dial('', 'main')
socket.pipe(socket)
