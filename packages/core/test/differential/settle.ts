import { once } from 'node:events'
import net from 'node:net'

/** Turns with nothing new after which nothing more is expected. */
const QUIET_TURNS = 6

/** Rounds after which a connection is taken for one that never falls silent. */
const MAX_ROUNDS = 20_000

/** Waits until nothing happens any more on connections of this process. */
export class Silence implements Disposable {
  readonly #near: net.Socket
  readonly #far: net.Socket

  private constructor(near: net.Socket, far: net.Socket) {
    this.#near = near
    this.#far = far.pipe(far)
  }

  static async open(): Promise<Silence> {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const near = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
      [net.Socket],
      unknown,
    ]
    server.close()
    return new Silence(near, far)
  }

  /**
   * Resolves when `fingerprint` has stayed the same for some rounds, with false when it never does. A round is an echo
   * through the kernel, so what left before it has arrived, and one more turn.
   */
  async fallen(fingerprint: () => string): Promise<boolean> {
    let last = fingerprint()
    let quiet = 0
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.#echo()
      await new Promise((resolve) => setImmediate(resolve))
      const now = fingerprint()
      quiet = now === last ? quiet + 1 : 0
      if (quiet >= QUIET_TURNS) return true
      last = now
    }
    return false
  }

  async #echo(): Promise<void> {
    this.#near.write('.')
    await once(this.#near, 'data')
  }

  [Symbol.dispose](): void {
    this.#near.destroy()
    this.#far.destroy()
  }
}
