import { AstraNet, type AstraNetOptions, type Socket } from '@astranet/core'
import { EQUAL_WINDOW_BYTES, type Peer } from '../peer.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'
import { EQUAL_WINDOWS, MANY_STREAMS, TUNED_WINDOWS } from './mux-session.js'

const SERVICE = 'bench'

/** All connections come from one address, and nothing is to refuse them. */
const DOORWAY = { handshakesPerSecond: 1_000_000, totalHandshakesPerSecond: 1_000_000 }

/** All of AstraNet: a service is bound by name, and dialed. Over a loopback address links are not encrypted. */
export const core: Peer<Socket> = make('core', TUNED_WINDOWS, {})

/** The same with encrypted links. */
export const coreSecure: Peer<Socket> = make('core-secure', TUNED_WINDOWS, {
  given: { encryption: 'always' },
})

/** The same with `connect`: the socket is there before the answer, and early writes are sent with the dial. */
export const coreConnect: Peer<Socket> = {
  ...make('core-connect', TUNED_WINDOWS, {
    socketOf: (node) => node.connect('', SERVICE, { allowHalfOpen: true }),
  }),
  works: ['dial'],
}

/** The same as `core` with the equal windows of the `...-1mib` peers. */
export const coreEqualWindows: Peer<Socket> = {
  ...make('core-1mib', '1 MiB a stream, 1 MiB in all', {
    given: { sessionLimits: EQUAL_WINDOWS, maxReceiveBufferBytes: 2 * EQUAL_WINDOW_BYTES },
  }),
  works: ['beside-bulk'],
}

interface Settings {
  readonly given?: AstraNetOptions
  /** How a stream is opened. Default: `dial`. */
  readonly socketOf?: (node: AstraNet) => Promise<Socket> | Socket
}

function make(name: string, windows: string, { given = {}, socketOf = dial }: Settings): Peer<Socket> {
  const options = { ...given, doorway: DOORWAY, sessionLimits: { ...MANY_STREAMS, ...given.sessionLimits } }
  return {
    name,
    windows,
    maxOpenStreams: 1_000_000,
    async listen(events) {
      const streams = new DuplexEvents(events)
      const node = new AstraNet(options)
      const endpoint = await node.listenAndServe('tcp4', '127.0.0.1:0')
      const listener = await node.bind('', SERVICE, { allowHalfOpen: true })
      listener.on('connection', (socket) => {
        events.onStream(streams.attach(socket, false))
      })
      return String(endpoint.address)
    },
    async dial(address, events) {
      const streams = new DuplexEvents(events)
      const node = new AstraNet(options)
      await node.join('tcp4', address)
      const open = async (): Promise<Socket> => streams.attach(await socketOf(node), true)
      return { open, close: () => node.close() }
    },
    write: writeDuplex,
    end: endDuplex,
  }
}

function dial(node: AstraNet): Promise<Socket> {
  return node.dial('', SERVICE, { allowHalfOpen: true })
}
