import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import type { Connection, DialOptions, Transport, TransportListener } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'

/** `isPrivate`: whether the commands run on this machine and pass their bytes to no other one. Default `false`. */
export function exec({ isPrivate = false }: { isPrivate?: boolean } = {}): Transport {
  return {
    networks: ['exec'],
    async dial(network: string, address: string, { signal }: DialOptions = {}): Promise<Connection> {
      if (network !== 'exec') throw new TypeError(`network must be exec, got "${network}"`)
      const [command, ...args] = address.trim().split(/\s+/)
      if (!command) throw new TypeError(`address must be a command, got ${JSON.stringify(address)}`)
      signal?.throwIfAborted()
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child, 'spawn') // rejects with ENOENT for an unknown command; too quick for a timeoutMs
      if (signal?.aborted) {
        child.kill()
        throw signal.reason
      }
      const pipe = Duplex.from({ readable: child.stdout, writable: child.stdin })
      pipe.once('close', () => {
        // After both directions have ended, the child may still pass on the last bytes, then exits by itself.
        if (!pipe.writableFinished || !pipe.readableEnded) child.kill()
      })
      child.once('close', () => pipe.destroy()) // the pair does not always notice that the child died
      return fromNodeDuplex(pipe, { halfClose: true, remoteAddress: address, security: { isPrivate } })
    },
    async listen(): Promise<TransportListener> {
      throw new TypeError('exec cannot listen: attach the stdio of the program that the command runs')
    },
  }
}
