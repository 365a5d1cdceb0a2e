import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type {
  JoinFailed,
  LinkClosed,
  LinkOpened,
  LinkRefused,
  Reachable,
  RegistryRefused,
} from './link-events.js'

/** The channels of the node that the relay observes, and what they have. */
interface Channels {
  readonly 'astranet:link:opened': LinkOpened
  readonly 'astranet:link:closed': LinkClosed
  readonly 'astranet:link:refused': LinkRefused
  readonly 'astranet:join:failed': JoinFailed
  readonly 'astranet:registry:reachable': Reachable
  readonly 'astranet:registry:refused': RegistryRefused
}

/** What is done with each message. */
export type ChannelHandlers = { readonly [Name in keyof Channels]: (message: Channels[Name]) => void }

/** Observes the channels. The process has one node, so all messages are of that one. Returns what ends it. */
export function observe(handlers: ChannelHandlers): () => void {
  const names = Object.keys(handlers) as (keyof Channels)[]
  const observers = names.map((name) => {
    // The name chooses both the handler and what is published.
    const onMessage = handlers[name] as (message: unknown) => void
    subscribe(name, onMessage)
    return () => void unsubscribe(name, onMessage)
  })
  return () => {
    for (const end of observers) end()
  }
}
