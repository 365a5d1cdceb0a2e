import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import type { LogFormat, LogLevel } from './log-options.js'
import { textLine } from './text-line.js'

export type { Logger } from 'pino'

/** Where lines go. */
export interface LineOutput {
  write(line: string): unknown
}

/**
 * The program's log. Each event is an object with `event`, a name that stays from version to version, and `msg`, a text for
 * people. As JSON one line has one event; as text one line has the time, the text, and the level when it is not `info`.
 */
export function makeLogger(format: LogFormat, level: LogLevel, output: LineOutput): Logger {
  const destination: DestinationStream =
    format === 'json'
      ? { write: (line) => void output.write(line) }
      : { write: (line) => void output.write(textLine(line)) }
  const options = {
    level,
    // The host's name and the process id are known to whatever collects the lines.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, destination)
}
