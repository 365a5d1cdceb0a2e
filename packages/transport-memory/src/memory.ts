import { AstraError, onAbort, type Connection, type DialOptions } from '@astranet/interface'
import type { ListenOptions, Transport, TransportListener } from '@astranet/interface'
import {
  checkFunction,
  checkObject,
  checkOptions,
  checkString,
  invalidValue,
} from '@astranet/interface/check'
import { checkDialTimeout } from '@astranet/interface/transport-tools'
import { joinedEnds } from './pair.js'
import { PAIR_NAMES, settingsOf, type MemoryPairOptions, type PairSettings } from './options.js'

const NETWORK = 'memory'

/** How a memory transport and its connections behave. */
export interface MemoryOptions extends MemoryPairOptions {
  /** A fault: a dial to an address for which this returns `true` fails with `ECONNREFUSED`. Default: none does. */
  refuse?: (address: string) => boolean
}

/**
 * A transport inside one process, for the network `memory`. Its addresses are names of 1 or more characters; to
 * listen on `''`, `'*'` or `':0'` gives a free one. Nodes that are to reach each other share one transport: each
 * transport has its own names.
 *
 * A dial takes twice `delayMs`, as a handshake does. Errors have the codes of TCP: `ECONNREFUSED`, `EADDRINUSE`,
 * `ETIMEDOUT`. Throws a `TypeError` or `RangeError` that names the option when one is out of range or not known.
 */
export function memory(options: MemoryOptions = {}): Transport {
  checkOptions('options', options, { ...PAIR_NAMES, refuse: true })
  const { refuse = (): boolean => false, ...pairOptions } = options
  return new MemoryTransport(settingsOf(pairOptions), refuse)
}

class MemoryTransport implements Transport {
  readonly networks: readonly string[] = [NETWORK]
  readonly #settings: PairSettings
  readonly #refuse: (address: string) => boolean
  readonly #listeners = new Map<string, MemoryListener>()
  #lastName = 0

  constructor(settings: PairSettings, refuse: (address: string) => boolean) {
    this.#settings = settings
    this.#refuse = refuse
  }

  async dial(network: string, address: string, options: DialOptions = {}): Promise<Connection> {
    checkNetwork(network)
    if (isWildcard(checkAddress(address))) throw invalidValue('address', 'to dial must be a name', address)
    const { signal } = options
    const timeoutMs = checkDialTimeout(options.timeoutMs)
    signal?.throwIfAborted()
    const roundTripMs = 2 * this.#settings.delayMs
    const isLate = timeoutMs > 0 && roundTripMs > timeoutMs
    await this.#wait(isLate ? timeoutMs : roundTripMs, signal)
    if (isLate) {
      throw new AstraError('ETIMEDOUT', `Dialing ${NETWORK} ${address} took longer than ${timeoutMs} ms.`)
    }
    return this.#connect(address)
  }

  async listen(network: string, address: string, options: ListenOptions): Promise<TransportListener> {
    checkNetwork(network)
    const name = isWildcard(checkAddress(address)) ? this.#freeName() : address
    checkFunction('options.onConnection', checkObject('options', options).onConnection)
    if (this.#listeners.has(name)) {
      throw new AstraError('EADDRINUSE', `A listener has ${NETWORK} ${name} already.`)
    }
    const listener = new MemoryListener(name, options, () => this.#listeners.delete(name))
    this.#listeners.set(name, listener)
    return listener
  }

  #connect(address: string): Connection {
    const listener = this.#listeners.get(address)
    if (listener === undefined || this.#refuse(address)) {
      throw new AstraError('ECONNREFUSED', `No listener has ${NETWORK} ${address}.`)
    }
    const [dialed, accepted] = joinedEnds(this.#settings, `dialer-${++this.#lastName}`, address)
    // In another turn: the dialer must not get an error that the listener throws.
    this.#settings.clock.defer(() => listener.accept(accepted))
    return dialed
  }

  #freeName(): string {
    for (;;) {
      const name = `listener-${++this.#lastName}`
      if (!this.#listeners.has(name)) return name
    }
  }

  #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const ignoreSignal = onAbort(signal, () => {
        timer.cancel()
        reject(signal?.reason as Error)
      })
      const timer = this.#settings.clock.setTimer(ms, () => {
        ignoreSignal()
        resolve()
      })
    })
  }
}

class MemoryListener implements TransportListener {
  readonly isLocal = true
  readonly network: string = NETWORK
  readonly address: string
  readonly #options: ListenOptions
  readonly #free: () => void
  #isClosed = false

  constructor(address: string, options: ListenOptions, free: () => void) {
    this.address = address
    this.#options = options
    this.#free = free
  }

  accept(end: Connection): void {
    this.#options.onConnection(end)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#free()
  }
}

function checkNetwork(network: string): void {
  if (network !== NETWORK) throw invalidValue('network', `must be '${NETWORK}'`, network)
}

function checkAddress(address: string): string {
  return checkString('address', address)
}

function isWildcard(address: string): boolean {
  return address === '' || address === '*' || address === ':0'
}
