/** How to attach. */
export interface AttachOptions {
  /**
   * Gives up, and destroys the pipe, when aborted before the link is open; the promise rejects with the signal's reason.
   */
  signal?: AbortSignal
  /**
   * Whether nobody else can read or change the bytes, and the other end is certainly the intended one, as with ssh's stdio.
   * With a `secret` no other pipe is accepted. MessagePorts are confidential, and a `ByteDuplex` has its own property.
   * Default `false`.
   */
  confidential?: boolean
}
