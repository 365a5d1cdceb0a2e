import type { LogId } from '../log/log-id.js'
import type { Interner } from './interner.js'

/** The log that entries belong to, and what makes one object of equal texts. */
export interface ReadContext {
  readonly id: LogId
  readonly interner: Interner
}
