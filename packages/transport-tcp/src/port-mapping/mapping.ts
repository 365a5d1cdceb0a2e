import type { End } from '../punch/local-socket.js'

/** What is asked of a gateway. */
export interface MappingRequest {
  /** The TCP port of this machine, 1 to 65,535. */
  readonly internalPort: number
  /** How long the gateway keeps the mapping, in seconds; 0 ends it. */
  readonly lifetimeS: number
}

/** What a gateway has granted. */
export interface Mapping {
  /** The port that leads to this machine, at the gateway's own address outside. */
  readonly external: End
  /** How long the gateway keeps it, in seconds. */
  readonly lifetimeS: number
}

/** An answer of a gateway: what it has granted, or why it has not. */
export type MappingAnswer = Mapping | { readonly refusal: string }

/** How long a mapping is asked for, in seconds; it is ended before when it is not needed any more. */
export const LIFETIME_S = 120

/** A port that a gateway forwards. */
export interface ForwardedPort {
  readonly external: End
  /** Asks the gateway to stop. Never rejects. */
  end(): Promise<void>
}

/**
 * One way to ask a gateway for a TCP port of this machine. `undefined`: it did not answer, or refused. Never rejects.
 */
export type GatewayProtocol = (
  internalPort: number,
  signal: AbortSignal,
) => Promise<ForwardedPort | undefined>
