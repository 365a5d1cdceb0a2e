/** The part of a `MessagePort`, a browser's or one of `node:worker_threads`, that `fromMessagePort` uses. */
export interface PortLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  addEventListener(
    type: 'message' | 'messageerror' | 'close',
    listener: (event: { readonly type: string; readonly data?: unknown }) => void,
  ): void
  start(): void
  close(): void
  /** Node's ports have both. */
  ref?(): void
  unref?(): void
}
