/** The part of the standard WebSocket that is used here: every browser's has it, and Node's since 22. */
export interface StandardWebSocket {
  binaryType: string
  readonly bufferedAmount: number
  readonly protocol: string
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
}

/** Makes one, as `new WebSocket(url, protocols)` does. */
export type StandardWebSocketConstructor = new (url: string, protocols: string[]) => StandardWebSocket
