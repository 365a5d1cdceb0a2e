import { AstraError, type NodeId } from '@astranet/interface'
import { logKey, type LogKind } from '../../src/proto/log/log-id.js'
import { decodeMessage } from '../../src/proto/wire/decode.js'
import { encodeMessage } from '../../src/proto/wire/encode.js'
import type { DeltasMessage, Message } from '../../src/proto/wire/message.js'
import { Process } from './process.js'
import type { LinkEnd } from './sim-link.js'

type Delta = DeltasMessage['deltas'][number]

/**
 * A member of the network that lies: a node like any other that beside its own messages says what it is told to say,
 * and remembers what it hears.
 */
export class HostileProcess extends Process {
  override readonly isHostile: boolean = true
  /** Snapshots that it was sent, by log, oldest first. */
  readonly heard = new Map<string, Delta[]>()
  /** Called with what arrives; when it returns `true` the catalogue does not get it. */
  onMessage: ((end: LinkEnd, message: Message) => boolean) | undefined
  /** How many messages it has said beside its own. */
  said = 0

  /** Says something to all its neighbours. */
  say(message: Message): void {
    for (const end of this.links.values()) this.sayTo(end, message)
  }

  sayTo(end: LinkEnd, message: Message): void {
    this.said++
    end.send(encodeMessage(message))
  }

  /** The oldest snapshot of a log that it heard. */
  oldest(owner: NodeId, kind: LogKind): Delta | undefined {
    return this.heard.get(logKey(owner, kind))?.[0]
  }

  override receive(end: LinkEnd, message: unknown): void | Promise<void> {
    const decoded = decodeMessage(message)
    if (decoded instanceof AstraError) return undefined
    if (decoded.type === 'deltas') for (const delta of decoded.deltas) this.#remember(delta)
    if (this.onMessage?.(end, decoded) === true) return undefined
    return super.receive(end, message)
  }

  #remember(delta: Delta): void {
    if (delta.publicKey === undefined || delta.hasMore) return
    const key = logKey(delta.owner, delta.kind)
    this.heard.set(key, [...(this.heard.get(key) ?? []), delta])
  }
}
