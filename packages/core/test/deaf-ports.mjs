// As many listeners on 127.0.0.1 as the argument says, of which each takes one connection more than its backlog of one
// and answers no other, since the process does nothing at all: neither does an address behind a firewall. Writes their
// ports in one line.
import { once } from 'node:events'
import { readSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'

const servers = Array.from({ length: Number(process.argv[2]) }, () =>
  createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }),
)
await Promise.all(servers.map((server) => once(server, 'listening')))
writeSync(1, `${servers.map((server) => server.address().port).join(' ')}\n`)
readSync(0, new Uint8Array(1))
