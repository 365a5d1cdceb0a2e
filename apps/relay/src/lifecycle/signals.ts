import { constants } from 'node:os'

/** The signals that ask the program to leave. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** One of them. */
export type LeaveSignal = (typeof SIGNALS)[number]

/** Calls `onFirst` with the first such signal. A second one ends the process at once. */
export function onLeaveSignal(onFirst: (signal: LeaveSignal) => void): void {
  let isLeaving = false
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      // The exit code that a shell shows for a process that a signal has ended.
      if (isLeaving) process.exit(128 + constants.signals[signal])
      isLeaving = true
      onFirst(signal)
    })
  }
}
