import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import type { Connection, DialOptions, Transport, TransportListener } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'

/** `confidential`: nobody else can read or change what goes through the commands, as with ssh. Default `false`. */
export function exec({ confidential = false }: { confidential?: boolean } = {}): Transport {
  return {
    networks: ['exec'],
    async dial(network: string, address: string, { signal }: DialOptions = {}): Promise<Connection> {
      if (network !== 'exec') throw new TypeError(`network must be exec, got "${network}"`)
      const [command, ...args] = address.trim().split(/\s+/)
      if (!command) throw new TypeError(`address must be a command, got ${JSON.stringify(address)}`)
      signal?.throwIfAborted()
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child, 'spawn') // rejects with ENOENT where there is no such command; no timeoutMs runs out in a turn
      if (signal?.aborted) {
        child.kill()
        throw signal.reason
      }
      const pipe = Duplex.from({ readable: child.stdout, writable: child.stdin })
      pipe.once('close', () => {
        // One whose both directions have ended may still have the last bytes to pass on, and ends by itself.
        if (!pipe.writableFinished || !pipe.readableEnded) child.kill()
      })
      child.once('close', () => pipe.destroy()) // a pair does not always notice that the child has died
      return fromNodeDuplex(pipe, { halfClose: true, remoteAddress: address, confidential })
    },
    async listen(): Promise<TransportListener> {
      throw new TypeError('exec has nothing to listen on: attach the stdio of the program that is run')
    },
  }
}
