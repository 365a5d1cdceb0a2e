import type { Readable, Writable } from 'node:stream'
import { Duplex } from 'node:stream'

/** A program's stdio from outside: what a child process has with `stdio: ['pipe', 'pipe', ...]`. */
export interface Stdio {
  readonly stdin: Writable
  readonly stdout: Readable
}

/** The stdio of a program that this one started, as one pipe: what it says is read, what is written it hears. */
export function duplexOf({ stdin, stdout }: Stdio): Duplex {
  const pipe = Duplex.from({ readable: stdout, writable: stdin })
  // Node destroys the stdin of a program that has ended, and a pair whose other half ended just before never notices.
  stdin.once('close', () => {
    if (!stdin.writableFinished) pipe.destroy()
  })
  return pipe
}

/** The stdio of this program, as one pipe to whoever started it. */
export function ownStdio(): Duplex {
  return Duplex.from({ readable: process.stdin, writable: process.stdout })
}
