import { once } from 'node:events'
import { connect, createSecureServer, createServer, type Http2Session, type Http2Stream } from 'node:http2'
import { EQUAL_WINDOW_BYTES, MEBIBYTE, type Peer } from '../peer.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'
import { listeningAddress } from './tcp-socket.js'
import { TLS_CLIENT, TLS_SERVER } from './tls-socket.js'

interface Windows {
  readonly streamBytes: number
  readonly connectionBytes: number
}

const ALL_STREAMS = 0x7fff_ffff
/** Memory limit of a session, in MB: more than any benchmark needs. */
const maxSessionMemory = 1_000_000
const LARGE_WINDOWS: Windows = { streamBytes: 16 * MEBIBYTE, connectionBytes: 32 * MEBIBYTE }

/** `node:http2` without TLS, with larger windows. */
export const http2: Peer<Http2Stream> = make('http2', LARGE_WINDOWS, false)

/** The same over TLS. */
export const http2Tls: Peer<Http2Stream> = make('http2-tls', LARGE_WINDOWS, true)

/** The same with the equal windows of the `...-1mib` peers. */
export const http2EqualWindows: Peer<Http2Stream> = {
  ...make('http2-1mib', { streamBytes: EQUAL_WINDOW_BYTES, connectionBytes: EQUAL_WINDOW_BYTES }, false),
  works: ['beside-bulk'],
}

function make(name: string, windows: Windows, hasTls: boolean): Peer<Http2Stream> {
  const settings = { initialWindowSize: windows.streamBytes, maxConcurrentStreams: ALL_STREAMS }
  return {
    name,
    windows: `${windows.streamBytes / MEBIBYTE} MiB a stream, ${windows.connectionBytes / MEBIBYTE} MiB in all`,
    maxOpenStreams: 1_000_000,
    listen(events) {
      const streams = new DuplexEvents(events)
      const server = hasTls
        ? createSecureServer({ ...TLS_SERVER, settings, maxSessionMemory })
        : createServer({ settings, maxSessionMemory })
      server.on('session', (session) => raise(session, windows))
      server.on('sessionError', (error) => events.onFailure(error))
      server.on('stream', (stream) => {
        stream.respond({ ':status': 200 })
        events.onStream(streams.attach(stream, false))
      })
      return listeningAddress(server)
    },
    async dial(address, events) {
      const streams = new DuplexEvents(events)
      const session = hasTls
        ? connect(`https://${address}`, { ...TLS_CLIENT, settings, maxSessionMemory })
        : connect(`http://${address}`, { settings, maxSessionMemory })
      session.on('error', (error) => events.onFailure(error))
      await Promise.all([once(session, 'connect'), once(session, 'remoteSettings')])
      raise(session, windows)
      const open = (): Http2Stream =>
        streams.attach(session.request({ ':method': 'POST' }, { endStream: false }), true)
      return { open, close: () => session.destroy() }
    },
    write: writeDuplex,
    end: endDuplex,
  }
}

function raise(session: Http2Session, windows: Windows): void {
  session.setLocalWindowSize(windows.connectionBytes)
}
