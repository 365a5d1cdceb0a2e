import type { ByteDuplex } from '@astranet/interface'
import type { TestRunner } from './runner.js'

/** The two ends of one pipe. */
export interface DuplexPair {
  readonly a: ByteDuplex
  readonly b: ByteDuplex
}

/** What an end must report as `security`. */
export interface ExpectedSecurity {
  readonly isPrivate: boolean
  /** Whether it has `exportKeyingMaterial`. */
  readonly hasExporter: boolean
}

/** The options of `byteDuplexSuite`. */
export interface ByteDuplexSuiteOptions {
  /** The name of the pipe in the names of the tests. */
  name: string
  /** Makes a new connected pair without handlers. Called once per test, and twice where two pipes are compared. */
  createPair(): DuplexPair | Promise<DuplexPair>
  /**
   * Bytes that the pipe takes ahead of the network and still counts in `bufferedBytes`, as a browser's WebSocket does.
   * Default 0: when `onDrain` comes nothing waits.
   */
  aheadBytes?: number
  /**
   * What both ends report as their `security`; a list where `a` and `b` differ, as a browser's WebSocket and its server
   * do. Default: both ends must report the same, whatever that is.
   */
  security?: ExpectedSecurity | readonly [a: ExpectedSecurity, b: ExpectedSecurity]
  /** The test runner, for example `{ describe, it }` of vitest or `node:test`. */
  runner: TestRunner
}
