import type { ClientRequest } from 'node:http'
import { onAbort } from '@astranet/interface'

/** The longest header that is read, in bytes. */
const MAX_HEADER_BYTES = 16_384

/**
 * @internal The status of a GET. Redirects are not followed. The connection is closed once the header is there, so a
 * body of any length costs nothing. The socket keeps no process alive. Node's clients are loaded with the first call.
 */
export function httpStatus(url: URL, signal: AbortSignal): Promise<number> {
  const name = url.protocol === 'https:' ? 'node:https' : 'node:http'
  // A connection of its own each time: what is asked is whether the server takes one.
  const options = { agent: false, maxHeaderSize: MAX_HEADER_BYTES, headers: { connection: 'close' } }
  return statusOf(process.getBuiltinModule(name).request(url, options), signal)
}

function statusOf(request: ClientRequest, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      ignoreSignal()
      request.destroy()
    }
    const ignoreSignal = onAbort(signal, () => {
      end()
      reject(signal.reason as Error)
    })
    request.on('socket', (socket) => socket.unref())
    request.once('response', (response) => {
      // Destroyed in the middle of its body: that is no error here.
      response.on('error', () => undefined)
      end()
      resolve(response.statusCode as number)
    })
    // A server that changes the protocol without being asked.
    request.once('upgrade', (response, socket) => {
      socket.destroy()
      end()
      resolve(response.statusCode as number)
    })
    request.on('error', (error) => {
      end()
      reject(error)
    })
    request.end()
  })
}
