import type { NodeId } from '@astranet/interface'
import type { Delta } from '../log/delta.js'
import type { LogId } from '../log/log-id.js'
import type { Version } from '../model/version.js'

/** A version of one log. */
export interface LogVersion extends LogId {
  readonly version: Version
}

/** A log that is asked for, from the version that the asker holds. */
export interface AskedLog extends LogId {
  /** `undefined`: the asker holds nothing, or cannot use what it holds; a snapshot is wanted. */
  readonly held: Version | undefined
}

/** A name that a leaf wants to hear of. */
export interface WantedName {
  readonly environment: string
  readonly name: string
}

/** The first message of each side at link-up and after a restart: what the sender offers. */
export interface GreetingMessage {
  readonly type: 'greeting'
  /** The XOR of `mix` over the versions of all offered logs. */
  readonly root: number
  /** How many logs are offered. */
  readonly count: number
  /** Their versions, when they are at most 64. */
  readonly items: readonly LogVersion[] | undefined
}

/** What the sender holds, as 256 numbers; it asks for the versions in the buckets that differ. */
export interface BucketsMessage {
  readonly type: 'buckets'
  readonly buckets: readonly number[]
}

/** The answer to {@link BucketsMessage}. */
export interface VersionsMessage {
  readonly type: 'versions'
  readonly items: readonly LogVersion[]
  readonly hasMore: boolean
}

/** Parts of logs. */
export interface DeltasMessage {
  readonly type: 'deltas'
  readonly deltas: readonly Delta[]
}

/** The sender wants these logs. */
export interface AskMessage {
  readonly type: 'ask'
  readonly items: readonly AskedLog[]
}

/** What the sender holds now: it sends it when it is asked for. */
export interface AnnounceMessage {
  readonly type: 'announce'
  readonly items: readonly LogVersion[]
}

/** The sender does not hold these; to a leaf: they cannot be reached any more. */
export interface GoneMessage {
  readonly type: 'gone'
  readonly owners: readonly NodeId[]
}

/** What a leaf wants to hear of. */
export interface WantsMessage {
  readonly type: 'wants'
  /** Comes back in {@link SettledMessage}. 0 to 2^53 - 1. */
  readonly token: number
  /** Whether it wants everything. */
  readonly all: boolean
  readonly add: readonly WantedName[]
  readonly remove: readonly WantedName[]
  /** What it holds, so that this is not sent again. */
  readonly held: readonly LogVersion[]
}

/** Everything that was wanted up to `token` has been sent. */
export interface SettledMessage {
  readonly type: 'settled'
  readonly token: number
}

/** The root of what the sender offers at this time. */
export interface RootMessage {
  readonly type: 'root'
  readonly root: number
}

/** The sender has moved the exchange to another link and does not know what was lost: the exchange starts over. */
export interface RestartMessage {
  readonly type: 'restart'
}

/** Which versions of the services logs of these owners has the receiver confirmed? */
export interface ConfirmMessage {
  readonly type: 'confirm'
  readonly owners: readonly NodeId[]
}

/** The answer to {@link ConfirmMessage}, for each owner as soon as it is shown. */
export interface ConfirmedMessage {
  readonly type: 'confirmed'
  readonly items: readonly LogVersion[]
}

/** One message between the catalogues of two neighbours (spec section 5). */
export type Message =
  | GreetingMessage
  | BucketsMessage
  | VersionsMessage
  | DeltasMessage
  | AskMessage
  | AnnounceMessage
  | GoneMessage
  | WantsMessage
  | SettledMessage
  | RootMessage
  | RestartMessage
  | ConfirmMessage
  | ConfirmedMessage
