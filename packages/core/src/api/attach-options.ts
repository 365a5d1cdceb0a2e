import type { PipeSecurity } from '@astranet/interface'

/** How to attach. */
export interface AttachOptions {
  /**
   * Gives up, and destroys the pipe, when aborted before the link is open; the promise rejects with the signal's
   * reason.
   */
  signal?: AbortSignal
  /**
   * What the pipe does against third parties, for example `{ isPrivate: true }` for the stdio of a child on this
   * machine. Default: a MessagePort is private, a Node socket shows its own security, and nothing is known of other
   * streams. Not for a `ByteDuplex`, which has its own: a TypeError.
   */
  security?: PipeSecurity
}
