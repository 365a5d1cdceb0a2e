import { connect } from 'node:net'
import { onAbort } from '@astranet/interface'
import { reasonOf, type HealthCheck, type TcpTarget } from '../../health/health-check.js'

/** @internal Connects, and closes the connection at once. The socket keeps no process alive. */
export function tcpCheck({ host, port }: TcpTarget): HealthCheck {
  return (signal) =>
    new Promise((resolve) => {
      const socket = connect({ host, port }).unref()
      const settle = (fault: string | undefined): void => {
        ignoreSignal()
        socket.destroy()
        resolve(fault)
      }
      const ignoreSignal = onAbort(signal, () => settle('aborted'))
      socket.once('connect', () => settle(undefined))
      // It stays: an error may follow the first one.
      socket.on('error', (error) => settle(reasonOf(error)))
    })
}
