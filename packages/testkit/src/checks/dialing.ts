import { check, checkSame, codeOf, rejection } from '../assert.js'
import type { Check } from '../runner.js'
import type { TransportProbe } from '../transport-probe.js'
import type { TransportSuiteOptions, UnansweredDial } from '../transport-suite-options.js'
import { turn } from '../turn.js'

/** Failing and giving up. */
export function dialChecks(options: TransportSuiteOptions): readonly Check<TransportProbe>[] {
  const { createUnanswered } = options
  const checks = [
    { name: 'fails with ECONNREFUSED where nobody listens', run: refused },
    { name: 'does not dial when the signal is already aborted', run: abortedBefore },
    { name: 'gives up with the reason of a signal aborted at once', run: abortedAtOnce },
    { name: 'refuses a timeout that is not a number of ms from 0', run: badTimeout },
  ]
  if (createUnanswered === undefined) return checks
  return [
    ...checks,
    {
      name: 'gives up after timeoutMs with ETIMEDOUT, naming the address',
      run: (probe) => times(probe, createUnanswered()),
    },
    { name: 'gives up when the signal is aborted', run: (probe) => abortedLater(probe, createUnanswered()) },
    {
      name: 'gives a signal one listener, however many dials wait with it',
      run: (probe) => abortedTogether(probe, createUnanswered()),
    },
  ]
}

async function refused(probe: TransportProbe): Promise<void> {
  const { listener } = await probe.listen()
  await listener.close()
  const error = await rejection(probe.dial(listener.address), 'dialing where nobody listens')
  checkSame(codeOf(error), 'ECONNREFUSED', 'code')
  check(error instanceof Error && error.message.length > 0, 'the error should have a message')
}

async function abortedBefore(probe: TransportProbe): Promise<void> {
  const { listener, accepted } = await probe.listen()
  const reason = new Error('not today')
  const dialing = probe.transport.dial(probe.options.network, listener.address, {
    signal: AbortSignal.abort(reason),
  })
  checkSame(await rejection(dialing, 'an aborted dial'), reason, 'reason')
  checkSame(accepted.length, 0, 'connections')
}

async function abortedAtOnce(probe: TransportProbe): Promise<void> {
  const { listener } = await probe.listen()
  const reason = new Error('not today')
  const controller = new AbortController()
  const dialing = probe.transport.dial(probe.options.network, listener.address, { signal: controller.signal })
  controller.abort(reason)
  checkSame(await rejection(dialing, 'an aborted dial'), reason, 'reason')
}

async function badTimeout(probe: TransportProbe): Promise<void> {
  const { listener } = await probe.listen()
  for (const timeoutMs of [-1, Number.NaN]) {
    const dialing = probe.transport.dial(probe.options.network, listener.address, { timeoutMs })
    check((await rejection(dialing, `timeoutMs ${timeoutMs}`)) instanceof RangeError, 'expected a RangeError')
  }
}

async function times(probe: TransportProbe, { transport, address }: UnansweredDial): Promise<void> {
  const error = await rejection(
    transport.dial(probe.options.network, address, { timeoutMs: 10 }),
    'an unanswered dial',
  )
  checkSame(codeOf(error), 'ETIMEDOUT', 'code')
  check(error instanceof Error && error.message.includes(address), `the message should name ${address}`)
}

async function abortedLater(probe: TransportProbe, { transport, address }: UnansweredDial): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('no more')
  const dialing = transport.dial(probe.options.network, address, { signal: controller.signal, timeoutMs: 0 })
  const rejected = rejection(dialing, 'an aborted dial')
  controller.abort(reason)
  checkSame(await rejected, reason, 'reason')
}

/** Node warns of a leak at eleven listeners. */
async function abortedTogether(probe: TransportProbe, { transport, address }: UnansweredDial): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  const count = listenersOf(signal)
  const reason = new Error('no more')
  const options = { signal, timeoutMs: 0 }
  const rejected = Array.from({ length: 12 }, () =>
    rejection(transport.dial(probe.options.network, address, options), 'an aborted dial'),
  )
  await turn()
  check(count() <= 1, `the signal has ${count()} listeners`)
  controller.abort(reason)
  for (const error of await Promise.all(rejected)) checkSame(error, reason, 'reason')
}

/** Counts the listeners that `signal` has from now on. */
function listenersOf(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  Object.assign(signal, {
    addEventListener(type: string, listener: () => void, options: AddEventListenerOptions) {
      listeners.add(listener)
      add(type, listener, options)
    },
    removeEventListener(type: string, listener: () => void) {
      listeners.delete(listener)
      remove(type, listener)
    },
  })
  return () => listeners.size
}
