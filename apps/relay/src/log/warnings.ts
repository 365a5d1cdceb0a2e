import type { Logger } from './logger.js'

/** Writes warnings of the process, such as those of the node, to the log and not to stderr. */
export function logWarnings(log: Logger): void {
  // Node's own listener prints them.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const { code } = warning as { code?: string }
    log.warn({ event: 'warning', code: code ?? warning.name }, warning.message)
  })
}
