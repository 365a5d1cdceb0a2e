import type { Readable, Writable } from 'node:stream'
import { Duplex } from 'node:stream'

/** A program's stdio, seen from its parent: a child process has it with `stdio: ['pipe', 'pipe', ...]`. */
export interface Stdio {
  readonly stdin: Writable
  readonly stdout: Readable
}

/** The stdio of a child program as one pipe: reads come from its stdout, writes go to its stdin. */
export function duplexOf({ stdin, stdout }: Stdio): Duplex {
  const pipe = Duplex.from({ readable: stdout, writable: stdin })
  // Node destroys the stdin of a program that has ended. The pair misses that if its other half ended just before.
  stdin.once('close', () => {
    if (!stdin.writableFinished) pipe.destroy()
  })
  return pipe
}

/** The stdio of this program, as one pipe to its parent. */
export function ownStdio(): Duplex {
  return Duplex.from({ readable: process.stdin, writable: process.stdout })
}
