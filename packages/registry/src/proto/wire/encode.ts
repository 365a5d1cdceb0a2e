import { nodeIdToBytes } from '@astranet/interface'
import type { Delta } from '../log/delta.js'
import { logKindNumber, type LogId } from '../log/log-id.js'
import type { SignedState } from '../log/signed-state.js'
import type { PlainValue } from '../model/plain-value.js'
import type { Version } from '../model/version.js'
import type { LogVersion, Message, WantedName } from './message.js'
import { MESSAGE_TYPES } from './message-type.js'
import type { RegistryMessage } from './registry-message.js'

/** A message as plain values, to be encoded as msgpack. */
export function encodeMessage(message: Message): RegistryMessage {
  return [MESSAGE_TYPES.indexOf(message.type), ...encodeFields(message)]
}

function encodeFields(message: Message): readonly PlainValue[] {
  switch (message.type) {
    case 'greeting':
      return [message.root, message.count, message.items?.map(encodeVersion) ?? null]
    case 'buckets':
      return [message.buckets]
    case 'versions':
      return [message.items.map(encodeVersion), message.hasMore]
    case 'deltas':
      return [message.deltas.map(encodeDelta)]
    case 'ask':
      return [message.items.map((item) => [...encodeId(item), encodePosition(item.held)])]
    case 'announce':
    case 'confirmed':
      return [message.items.map(encodeVersion)]
    case 'gone':
    case 'confirm':
      return [message.owners.map(nodeIdToBytes)]
    case 'wants':
      return [
        message.token,
        message.all,
        message.add.map(encodeName),
        message.remove.map(encodeName),
        message.held.map(encodeVersion),
      ]
    case 'settled':
      return [message.token]
    case 'root':
      return [message.root]
    case 'restart':
      return []
  }
}

function encodeId({ owner, kind }: LogId): readonly PlainValue[] {
  return [nodeIdToBytes(owner), logKindNumber(kind)]
}

function encodeVersion(item: LogVersion): PlainValue {
  const { incarnation, sequence, check } = item.version
  return [...encodeId(item), incarnation, sequence, check]
}

function encodePosition(version: Version | undefined): PlainValue {
  return version === undefined ? null : [version.incarnation, version.sequence, version.check]
}

function encodeName({ environment, name }: WantedName): PlainValue {
  return [environment, name]
}

function encodeDelta(delta: Delta): PlainValue {
  const since = encodePosition(delta.since)
  const state = encodeState(delta.state)
  return [...encodeId(delta), delta.publicKey ?? null, state, since, delta.hasMore, delta.entries]
}

function encodeState(state: SignedState): PlainValue {
  const { incarnation, sequence, watermark, count, size, root, signature } = state
  return [incarnation, sequence, watermark, count, size, root, signature]
}
