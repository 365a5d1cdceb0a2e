import { fileURLToPath } from 'node:url'
import { peers } from '../peers/index.js'

/** A peer for the command: a program that can be either side of a measurement. */
export interface Contestant {
  readonly name: string
  /** Its receive windows, in words. */
  readonly windows: string
  /** The works that it supports; default all. */
  readonly works?: readonly string[]
  /** The largest number of streams that a work opens at once. */
  readonly maxOpenStreams: number
  /** The program and its arguments; the task is appended as one more argument. */
  readonly command: readonly string[]
}

/** V8's default limit of a heap is less than ten million streams need. */
const HEAP_MIB = 12_288

/** The peers in JavaScript. */
export function javascriptContestants(): Contestant[] {
  const side = fileURLToPath(new URL('../side.js', import.meta.url))
  const command = [process.execPath, '--expose-gc', `--max-old-space-size=${HEAP_MIB}`, side]
  return peers.map(({ name, windows, works, maxOpenStreams }) => {
    return { name, windows, maxOpenStreams, command, ...(works === undefined ? {} : { works }) }
  })
}
