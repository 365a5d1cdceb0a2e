import type { LinkError } from './error-codes.js'
import { fieldError, readUint } from './fields.js'

/**
 * The sender takes no new streams: it did not and will not process those with an id of `lastStreamId` or above (spec
 * section 7.1).
 */
export interface GoAway {
  /** The lowest id of a stream, opened by the receiver of this message, that was not processed. 0 to 2^53 - 1. */
  readonly lastStreamId: number
}

const GO_AWAY_TYPE = 0x01

/** The array on the wire. */
export function goAwayToWire(goAway: GoAway): readonly unknown[] {
  return [GO_AWAY_TYPE, goAway.lastStreamId]
}

/** Reads the array that came over the wire; an error names what is wrong with it. */
export function readGoAway(fields: readonly unknown[]): GoAway | LinkError {
  const lastStreamId = readUint(fields[1], Number.MAX_SAFE_INTEGER)
  if (lastStreamId === undefined) return fieldError('a go-away', 'whose stream id is not from 0 to 2^53 - 1')
  return { lastStreamId }
}

/**
 * The go-aways that one side has received. They may repeat with the same id or a lower one, because a node that first
 * intended to finish its streams may have to end sooner. A higher id would revoke an earlier go-away.
 */
export class GoAwayState {
  /** The lowest id received so far; `undefined` before the first. */
  lastStreamId: number | undefined = undefined

  /**
   * Takes a go-away for streams of the type (id modulo 4) that its receiver opens; an error names what is wrong with
   * it.
   */
  receive(goAway: GoAway, ownStreamType: number): LinkError | undefined {
    const { lastStreamId } = goAway
    if (lastStreamId % 4 !== ownStreamType) {
      return fieldError(
        'a go-away',
        `for stream ${lastStreamId}, which is not of a kind that this node opens`,
      )
    }
    if (this.lastStreamId !== undefined && lastStreamId > this.lastStreamId) {
      return fieldError('a go-away', `for stream ${lastStreamId} after one for stream ${this.lastStreamId}`)
    }
    this.lastStreamId = lastStreamId
    return undefined
  }
}
