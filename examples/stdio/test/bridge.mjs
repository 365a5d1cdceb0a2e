// Replaces ssh: forwards its stdio to the socket whose path is its argument.
import { connect, Socket } from 'node:net'

const socket = connect({ path: process.argv[2], allowHalfOpen: true })
socket.on('error', () => process.exit(1))
// `process.stdout` would stay open after the end of the socket.
const stdout = new Socket({ fd: 1, readable: false, writable: true })
process.stdin.pipe(socket).pipe(stdout)
