import { writeLine, type Logger } from '../api/logger.js'
import { fieldsOf, lineOf } from './log-lines.js'
import type { Reporter } from './reporter.js'
import { throwUncaught } from './throw-uncaught.js'

/**
 * @internal The platform of a node that has a logger: what the node publishes and warns of is logged, too. What a
 * logger throws becomes an uncaught exception.
 */
export function logged<T extends Reporter>(platform: T, logger: Logger | undefined): T {
  if (logger === undefined) return platform
  const write = (...line: Parameters<typeof writeLine>): void => {
    try {
      writeLine(...line)
    } catch (thrown) {
      throwUncaught(thrown)
    }
  }
  return {
    ...platform,
    publish(name, message) {
      const line = lineOf(name, message as Readonly<Record<string, unknown>>)
      if (line !== undefined)
        write(logger, line.level, fieldsOf(name, message as Readonly<Record<string, unknown>>), line.text)
      platform.publish(name, message)
    },
    warn(message, code) {
      write(logger, 'warn', { event: 'warning', code }, message)
      platform.warn(message, code)
    },
  } satisfies T
}
