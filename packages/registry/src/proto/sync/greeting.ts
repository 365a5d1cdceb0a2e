import type { Delta } from '../log/delta.js'
import type { GreetingMessage, LogVersion } from '../wire/message.js'
import { mix, xorMix } from '../wire/mix.js'
import type { SharedLog } from './shared-log.js'

/** A greeting that lists what is offered. */
export function greetingOf(logs: Iterable<SharedLog>): GreetingMessage {
  const items: LogVersion[] = []
  let root = 0
  for (const { owner, kind, version } of logs) {
    if (version === undefined) continue
    const item = { owner, kind, version }
    items.push(item)
    root = xorMix(root, mix(item))
  }
  return { type: 'greeting', root, count: items.length, items }
}

/** The state of a log without its entries: its signature is what counts. */
export function evidenceOf({ owner, kind, publicKey, state }: SharedLog): Delta | undefined {
  if (state === undefined) return undefined
  return { owner, kind, publicKey, state, since: undefined, hasMore: true, entries: new Uint8Array(0) }
}
