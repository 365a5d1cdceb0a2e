import type { CallMessage, Calls, ReplyMessage } from './calls.js'

/**
 * Answers the calls of the command that started this process. The process ends when the command does, however it does,
 * and leaves Ctrl-C, which a terminal sends to all of them, to the command.
 */
export function answerCalls<T extends Calls<T>>(calls: T): void {
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => process.exit(1))
  process.on('message', (message) => void answer(calls, message as CallMessage))
}

/** Tells the command how much is done; as often as you like, it is passed on ten times a second. */
export function tellProgress(done: number): void {
  const now = performance.now()
  if (now - lastToldAt < PROGRESS_INTERVAL_MS) return
  lastToldAt = now
  send({ kind: 'progress', done })
}

const PROGRESS_INTERVAL_MS = 100
let lastToldAt = 0

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
  // Without a channel the command is gone, and so is this process soon.
  process.send?.(message, undefined, undefined, () => undefined)
}
