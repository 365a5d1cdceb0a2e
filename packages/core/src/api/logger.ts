import { invalidType } from '@astranet/interface/check'

/** What writes one line: `(text, fields)`, or `(fields, text)`. */
type Write = (first: never, second: never) => unknown

/**
 * Where a node writes what an operator should know: `console`, a logger of pino, or any object with these functions.
 * One that also has `child`, as those of pino and bunyan, is called with `(fields, text)`, any other one with
 * `(text, fields)`.
 */
export interface Logger {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** @internal How important a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** @internal `value` when it is a logger or `undefined`. Otherwise throws a TypeError. */
export function checkLogger(value: Logger | undefined): Logger | undefined {
  if (value === undefined) return undefined
  if (
    typeof value === 'object' &&
    value !== null &&
    LEVELS.every((level) => typeof value[level] === 'function')
  )
    return value
  throw invalidType('options.logger', 'a logger with the functions debug, info, warn and error', value)
}

/** @internal Writes one line. */
export function writeLine(logger: Logger, level: LogLevel, fields: object, text: string): void {
  const isFieldsFirst = typeof (logger as { child?: unknown }).child === 'function'
  const args = isFieldsFirst ? [fields, text] : [text, fields]
  const write = logger[level] as (this: Logger, ...values: unknown[]) => unknown
  write.apply(logger, args)
}
