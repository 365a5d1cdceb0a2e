/** One end of an established TCP connection: both addresses, in the format of the table that has them. */
export interface TcpEnd {
  readonly local: string
  readonly remote: string
}

/** How many connections have one end in `a` and the other in `b`. */
export function pairsOf(a: readonly TcpEnd[], b: readonly TcpEnd[]): number {
  const others = new Set(b.map(({ local, remote }) => `${remote} ${local}`))
  return a.filter(({ local, remote }) => others.has(`${local} ${remote}`)).length
}

/** proc(5): in `/proc/net/tcp` state 01 is ESTABLISHED, the tenth column is the socket's inode. */
export function readProcNetTcp(table: string, inodes: ReadonlySet<string>): TcpEnd[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    return state === '01' && inodes.has(inode) ? [{ local, remote }] : []
  })
}

/** lsof(8) with `-Fn`: a line `nLOCAL->REMOTE` for each connection, among lines for processes and descriptors. */
export function readLsof(output: string): TcpEnd[] {
  return [...output.matchAll(/^n(\S+)->(\S+)$/gm)].map(([, local = '', remote = '']) => ({ local, remote }))
}

/** `netstat -ano`: protocol, local address, remote address, state, process. The state's name depends on the language. */
export function readNetstat(output: string, pid: number): TcpEnd[] {
  return output.split('\n').flatMap((line) => {
    const [protocol, local = '', remote = '', , owner] = line.trim().split(/\s+/)
    const isConnected = protocol === 'TCP' && !remote.endsWith(':0')
    return isConnected && owner === String(pid) ? [{ local, remote }] : []
  })
}
