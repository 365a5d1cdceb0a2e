import type { Pipe } from '@astranet/mux'
import { dialSecure, listenSecure } from './secure-socket.js'
import { dialTcp, listenTcp } from './tcp-socket.js'

/** What the sessions of a peer run on. */
export interface Carrier {
  /** Accepts pipes on a free port of 127.0.0.1; resolves with `host:port`. */
  listen(onPipe: (pipe: Pipe) => void, onFailure: (error: Error) => void): Promise<string>
  /** Connects to `host:port`. */
  dial(address: string): Promise<Pipe>
}

/** A `net.Socket`. */
export const TCP: Carrier = { listen: listenTcp, dial: dialTcp }

/** AstraNet's encrypted pipe over a `net.Socket`. */
export const SECURE: Carrier = { listen: listenSecure, dial: dialSecure }
