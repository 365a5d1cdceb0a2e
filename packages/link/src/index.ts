export { Link } from './io/link.js'
export type { LinkHandler, LinkOptions } from './io/link.js'
export type { LinkState } from './io/link-core.js'
export { MAX_DOORWAY_BYTES } from './io/doorway/link-opening.js'
export type { RemoteNode } from './io/doorway/passage.js'
export { parseIpEnd, type IpEnd } from './proto/ip-end.js'
export { DEFAULT_HELLO_TIMEOUT_MS } from './io/link-options.js'
export type {
  HandlerOf,
  LinkGrant,
  LinkIntroduction,
  LinkPair,
  LinkSessionOptions,
  OptionsOf,
  RefusedStream,
} from './io/link-options.js'
export { OutgoingDial } from './io/streams/outgoing-dial.js'
export type { DialHandler } from './io/streams/outgoing-dial.js'
export { HEADER_TIMEOUT_MS, MAX_PENDING_HEADERS } from './io/streams/pending-headers.js'
export { StreamPlace } from './io/streams/stream-quota.js'
export type { StreamQuota } from './io/streams/stream-quota.js'
export { MAX_PARTIAL_HEADERS } from './io/streams/incoming-streams.js'
export { CloseCode, LinkError, linkError, StreamCode } from './proto/error-codes.js'
export type { LinkErrorDetails } from './proto/error-codes.js'
export { DialError, MAX_REFUSAL_TEXT, RefusalReason, refusalError } from './proto/stream-answer.js'
export type { DialErrorOptions } from './proto/stream-answer.js'
export {
  MAX_REGISTRY_MESSAGE_BYTES,
  MAX_STREAM_HEADER_BYTES,
  MAX_TUNNEL_NODES,
} from './proto/stream-header.js'
export type { DialHeader, StreamHeader, TunnelHeader } from './proto/stream-header.js'
export type { PairFacts } from './proto/pair-facts.js'
export { Feature } from './proto/features.js'
export { HelloLimit, MAX_HELLO_BYTES } from './proto/hello.js'
export type { Hello, HelloFields } from './proto/hello.js'
export { ControlType, MAX_CONTROL_MESSAGE_BYTES } from './proto/control-message.js'
export { ALPN_PROTOCOL, ASTRANET_VERSION, PREAMBLE_BYTES } from './proto/preamble.js'
export type { LinkRole } from './proto/preamble.js'
export type { PipeProtection } from './proto/pipe-protection.js'
export { comparePreference, isSameLife, PreferredLink } from './proto/preferred-link.js'
export type { LinkFacts, Preference, PreferenceStep, RankedLink } from './proto/preferred-link.js'
export {
  DEFAULT_HANDSHAKES_PER_SECOND,
  DEFAULT_SLOTS_PER_HOST,
  DEFAULT_SLOTS_PER_STAGE,
  DEFAULT_TOTAL_HANDSHAKES_PER_SECOND,
  DoorwaySlots,
} from './proto/slots/doorway-slots.js'
export type { DoorwaySlotsOptions } from './proto/slots/doorway-slots.js'
export type { DoorwaySlot, SlotOwner, SlotStage } from './proto/slots/slot.js'
