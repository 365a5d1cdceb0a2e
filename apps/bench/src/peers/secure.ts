import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import type { Peer, StreamEvents } from '../peer.js'
import { dialSecure, listenSecure } from './secure-socket.js'

/** Only AstraNet's encrypted pipe, used as one stream. */
export const secure: Peer<ByteDuplex> = {
  name: 'secure',
  windows: "the system's",
  works: ['bulk', 'small', 'latency', 'handshakes'],
  maxOpenStreams: 1,
  listen(events) {
    return listenSecure((pipe) => events.onStream(attach(pipe, events)), events.onFailure)
  },
  async dial(address, events) {
    const pipe = attach(await dialSecure(address), events)
    return { open: () => pipe, close: () => pipe.abort(new Error('no longer needed')) }
  },
  write: (pipe, bytes) => pipe.writev([bytes]),
  end: (pipe) => pipe.end(),
}

function attach(pipe: ByteDuplex, events: StreamEvents<ByteDuplex>): ByteDuplex {
  const handler: ByteDuplexHandler = {
    onData: (chunk) => events.onData(pipe, chunk),
    onDrain: () => events.onWritable(pipe),
    onEnd: () => events.onEnd(pipe),
    onClose: (reason) => {
      if (reason !== undefined) events.onFailure(reason)
    },
  }
  pipe.handle(handler)
  return pipe
}
