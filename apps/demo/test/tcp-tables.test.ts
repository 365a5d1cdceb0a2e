import { describe, expect, it } from 'vitest'
import { pairsOf, readLsof, readNetstat, readProcNetTcp } from '../src/tcp-tables.js'

describe('TCP connections, as the operating system lists them', () => {
  it("reads a process's established sockets from /proc/net/tcp", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:A7C1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
   1: 0100007F:A7C1 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0 20 4 30 10 -1
   2: 0100007F:0016 0100007F:D2F1 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0 20 4 30 10 -1
`
    expect(readProcNetTcp(table, new Set(['11', '12']))).toEqual([
      { local: '0100007F:A7C1', remote: '0100007F:D2F0' },
    ])
  })

  it('reads the output of lsof', () => {
    expect(readLsof('p42\nf17\nn127.0.0.1:40001->127.0.0.1:50002\nf18\nn*:22\n')).toEqual([
      { local: '127.0.0.1:40001', remote: '127.0.0.1:50002' },
    ])
  })

  it('reads the output of netstat', () => {
    const output = `\r
  Proto  Local Address          Foreign Address        State           PID\r
  TCP    127.0.0.1:40001        0.0.0.0:0              LISTENING       42\r
  TCP    127.0.0.1:40001        127.0.0.1:50002        ESTABLISHED     42\r
  TCP    127.0.0.1:50002        127.0.0.1:40001        ESTABLISHED     43\r
`
    expect(readNetstat(output, 42)).toEqual([{ local: '127.0.0.1:40001', remote: '127.0.0.1:50002' }])
  })

  it('counts those that have one end in each process', () => {
    const client = [
      { local: 'a:1', remote: 'b:2' },
      { local: 'a:3', remote: 'elsewhere:4' },
    ]
    expect(pairsOf(client, [{ local: 'b:2', remote: 'a:1' }])).toBe(1)
    expect(pairsOf(client, [{ local: 'b:2', remote: 'a:9' }])).toBe(0)
  })
})
