/** Types of control messages between two nodes that want a direct link (spec/astranet-1.md, section 7.4). */
export const PunchType = {
  /** `[round, nat4, nat6, candidates]`: asks for a round. */
  OFFER: 0x20,
  /** `[round, nat4, nat6, candidates]`: agrees to that round. */
  CONSENT: 0x21,
  /** `[round]`: the round begins. */
  START: 0x22,
  /** `[round, reason, text]`: the round does not take place, or has ended without a link. */
  GIVE_UP: 0x23,
} as const

/** Why a round is given up. The number is the one on the wire. */
export const GiveUpReason = {
  /** This node makes no direct links, or not to this peer. */
  UNWILLING: 1,
  /** Another round is running, or there were too many. */
  BUSY: 2,
  /** The message broke a rule. */
  INVALID: 3,
  /** The round has taken place, and there is no link. */
  NO_LINK: 4,
} as const
export type GiveUpReason = (typeof GiveUpReason)[keyof typeof GiveUpReason]

/** The longest text of a give-up that is kept, in UTF-16 units. */
export const MAX_GIVE_UP_TEXT = 200

/** Whether a control message is one of punching. */
export function isPunchType(type: number): boolean {
  return type >= PunchType.OFFER && type <= PunchType.GIVE_UP
}

/** The round that a message is about, an integer from 0 to 2^32 - 1; `undefined` when it is malformed. */
export function roundOf(body: unknown): number | undefined {
  const round: unknown = Array.isArray(body) ? body[0] : undefined
  return Number.isInteger(round) && (round as number) >= 0 && (round as number) <= 0xffff_ffff
    ? (round as number)
    : undefined
}

/** What the peer gives as its reason, without control characters. */
export function giveUpText(body: unknown): string {
  const text: unknown = Array.isArray(body) ? body[2] : undefined
  if (typeof text !== 'string') return ''
  // A terminal would obey them.
  return text.slice(0, MAX_GIVE_UP_TEXT).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}
