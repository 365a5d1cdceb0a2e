import { fileURLToPath } from 'node:url'
import { peers } from '../peers/index.js'

/** A peer as the command sees it: a program that can be either side of a measurement. */
export interface Contestant {
  readonly name: string
  /** Its receive windows, in words. */
  readonly windows: string
  /** The works it can do; default all. */
  readonly works?: readonly string[]
  /** The most streams that it is asked to hold open at once. */
  readonly maxOpenStreams: number
  /** The program and its arguments; a task is one argument more. */
  readonly command: readonly string[]
}

/** What V8 lets a heap grow to unless told otherwise is less than ten million streams need. */
const HEAP_MIB = 12_288

/** The peers in JavaScript. */
export function javascriptContestants(): Contestant[] {
  const side = fileURLToPath(new URL('../side.js', import.meta.url))
  const command = [process.execPath, '--expose-gc', `--max-old-space-size=${HEAP_MIB}`, side]
  return peers.map(({ name, windows, works, maxOpenStreams }) => {
    return { name, windows, maxOpenStreams, command, ...(works === undefined ? {} : { works }) }
  })
}
