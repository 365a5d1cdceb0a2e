// A server on the host and port given that takes one connection more than its backlog of one and answers no other,
// since it does nothing at all: neither does an address behind a firewall. It comes to itself when something is
// written to it.
import { readSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'

const [host, port] = process.argv.slice(2)
const server = createServer((socket) => socket.on('error', () => {}).resume())
server.listen({ host, port: Number(port), backlog: 1 }, () => {
  writeSync(1, `${server.address().port}\n`)
  readSync(0, new Uint8Array(1))
  process.stdin.resume().on('end', () => process.exit())
})
