import { readFileSync } from 'node:fs'

/** Linux counts CPU time in these parts of a second. */
const TICKS_PER_SECOND = 100

/** CPU time of a process, of those it has started and of those that have ended, in s, as Linux counts it. */
export function treeCpuSeconds(pid: number): number {
  try {
    // The name in brackets may have spaces, so fields are counted behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number)
    const own = (user ?? 0) + (system ?? 0) + (childrenUser ?? 0) + (childrenSystem ?? 0)
    return childrenOf(pid).reduce((sum, child) => sum + treeCpuSeconds(child), own / TICKS_PER_SECOND)
  } catch {
    // It has just ended: its parent counts it from now on.
    return 0
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}
