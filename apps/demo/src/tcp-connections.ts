import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { pairsOf, readLsof, readNetstat, readProcNetTcp, type TcpEnd } from './tcp-tables.js'

const execute = promisify(execFile)

/** The count of the operating system. */
export interface TcpCount {
  /** Established TCP connections between the two processes; `null` if they could not be counted. */
  readonly count: number | null
  /** Why they could not be counted, as a sentence. */
  readonly why: string | undefined
}

/**
 * Counts the TCP connections between two processes of this machine with the operating system: `/proc` on Linux, `lsof`
 * on other Unixes, `netstat` on Windows.
 */
export async function countTcpConnections(pidA: number, pidB: number): Promise<TcpCount> {
  try {
    const [endsOfA, endsOfB] = await Promise.all([establishedEnds(pidA), establishedEnds(pidB)])
    return { count: pairsOf(endsOfA, endsOfB), why: undefined }
  } catch (error) {
    const why = `the TCP connections were not counted: ${(error as Error).message}`
    return { count: null, why }
  }
}

async function establishedEnds(pid: number): Promise<TcpEnd[]> {
  if (process.platform === 'linux') return await endsFromProc(pid)
  if (process.platform === 'win32')
    return readNetstat((await execute('netstat', ['-ano', '-p', 'TCP'])).stdout, pid)
  const options = ['-nP', '-a', '-p', String(pid), '-iTCP', '-sTCP:ESTABLISHED', '-Fn']
  return readLsof((await execute('lsof', options)).stdout)
}

/** The sockets that the process holds, looked up by inode in the kernel's tables. */
async function endsFromProc(pid: number): Promise<TcpEnd[]> {
  const folder = `/proc/${pid}/fd`
  const targets = await Promise.all(
    // A descriptor may be closed between the two calls.
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  const inodes = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []))
  const tables = await Promise.all(
    // Without IPv6 the second table does not exist.
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  )
  return tables.flatMap((table) => readProcNetTcp(table, inodes))
}
