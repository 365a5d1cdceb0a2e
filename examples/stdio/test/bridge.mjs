// Stands in for ssh: passes its stdio on to the socket whose path it is given.
import { connect, Socket } from 'node:net'

const socket = connect({ path: process.argv[2], allowHalfOpen: true })
socket.on('error', () => process.exit(1))
// `process.stdout` would stay open when the socket ends.
const stdout = new Socket({ fd: 1, readable: false, writable: true })
process.stdin.pipe(socket).pipe(stdout)
