/** The part of the standard WebSocket that is used here. Every browser has it, and Node since 22. */
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

/** A constructor as `WebSocket`: `new WebSocket(url, protocols)`. */
export type StandardWebSocketConstructor = new (url: string, protocols: string[]) => StandardWebSocket
