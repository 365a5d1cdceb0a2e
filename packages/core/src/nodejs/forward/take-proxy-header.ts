import { NetError } from '../../api/net-error.js'
import { decodeProxyHeader, type ProxyHeader } from './proxy-header.js'
import type { SplicedEnd } from './splice.js'

/** How long a connection may take to send its PROXY header, in ms. */
export const PROXY_HEADER_TIMEOUT_MS = 5_000

/**
 * Takes the PROXY header from the front of a connection; what comes behind it stays to be read. Rejects with `EPROTO`
 * when there is no header, with `ETIMEDOUT` when it does not arrive in time, and with `ECONNRESET` when the connection
 * ends before.
 */
export function takeProxyHeader(end: SplicedEnd): Promise<ProxyHeader> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(failed('ETIMEDOUT', 'no PROXY header in time')),
      PROXY_HEADER_TIMEOUT_MS,
    )
    timer.unref()
    const onEnd = (): void => finish(failed('ECONNRESET', 'it ended before its PROXY header'))
    const finish = (result: Error | ProxyHeader): void => {
      clearTimeout(timer)
      end.off('readable', onReadable).off('end', onEnd).off('close', onEnd)
      // A stream learns in the next tick that nobody listens to 'readable' any more, and flows only then.
      process.nextTick(() => (result instanceof Error ? reject(result) : resolve(result)))
    }
    let bytes = Buffer.alloc(0)
    const onReadable = (): void => {
      for (let chunk = end.read() as Buffer | null; chunk !== null; chunk = end.read() as Buffer | null) {
        bytes = Buffer.concat([bytes, chunk])
        const decoded = decodeProxyHeader(bytes)
        if (decoded.kind === 'partial') continue
        if (decoded.kind === 'wrong') return finish(failed('EPROTO', decoded.reason))
        if (bytes.length > decoded.length) end.unshift(bytes.subarray(decoded.length))
        return finish(decoded.header)
      }
    }
    end.on('readable', onReadable).once('end', onEnd).once('close', onEnd)
  })
}

function failed(code: string, message: string): NetError {
  return new NetError(code, `${code}: ${message}`, { syscall: 'read' })
}
