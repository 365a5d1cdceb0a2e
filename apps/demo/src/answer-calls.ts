import type { CallMessage, Calls, ReplyMessage } from './calls.js'

/**
 * Answers the calls of the command that started this process. The process exits when the command ends for any reason.
 * It ignores Ctrl-C, which a terminal sends to all processes, and leaves it to the command.
 */
export function answerCalls<T extends Calls<T>>(calls: T): void {
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => process.exit(1))
  process.on('message', (message) => void answer(calls, message as CallMessage))
}

/** Reports to the command how much is done. Calls may be frequent: at most ten reports a second are sent. */
export function reportProgress(done: number): void {
  const now = performance.now()
  if (now - lastReportAt < PROGRESS_INTERVAL_MS) return
  lastReportAt = now
  send({ kind: 'progress', done })
}

const PROGRESS_INTERVAL_MS = 100
let lastReportAt = 0

async function answer<T extends Calls<T>>(calls: T, { id, name, argument }: CallMessage): Promise<void> {
  try {
    const result = await calls[name as keyof T](argument as never)
    send({ kind: 'result', id, result })
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    send({ kind: 'error', id, message, code })
  }
}

function send(message: ReplyMessage): void {
  // Without a channel the command is gone, and this process exits soon.
  process.send?.(message, undefined, undefined, () => undefined)
}
