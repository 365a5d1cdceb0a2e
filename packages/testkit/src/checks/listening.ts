import { check, checkSame, codeOf, rejection } from '../assert.js'
import type { Check } from '../runner.js'
import type { TransportProbe } from '../transport-probe.js'

/** `listen` and what it returns. */
export const listenChecks: readonly Check<TransportProbe>[] = [
  { name: 'answers to the network it is asked for', run: names },
  { name: 'listens on an address of its choice, and says which', run: chooses },
  { name: 'refuses an address in use with EADDRINUSE', run: inUse },
  { name: 'refuses addresses that cannot be read, quoting them', run: badAddresses },
  { name: 'refuses a network that is not its own, naming it', run: badNetwork },
  { name: 'closes a listener twice, and frees its address', run: closesTwice },
  { name: 'accepts, and closes, when it is unref and ref at any time', run: refs },
  { name: 'keeps connections when their listener is closed', run: livesOn },
]

async function names({ transport, options }: TransportProbe): Promise<void> {
  check(transport.networks.includes(options.network), `networks should include ${options.network}`)
}

async function chooses(probe: TransportProbe): Promise<void> {
  const [one, other] = await Promise.all([probe.listen(), probe.listen()])
  checkSame(one.listener.network, probe.options.network, 'network')
  check(one.listener.address !== probe.options.listenAddress, 'address should be the real one')
  check(one.listener.address !== other.listener.address, 'two listeners should have two addresses')
  const [dialed, accepted] = await Promise.all([probe.dial(one.listener.address), one.accept()])
  checkSame(dialed.remoteAddress, one.listener.address, "the dialer's remoteAddress")
  checkSame(accepted.localAddress, one.listener.address, "the acceptor's localAddress")
  checkSame(accepted.remoteAddress, dialed.localAddress, "the acceptor's remoteAddress")
  checkSame(other.accepted.length, 0, 'connections of the other listener')
}

async function inUse(probe: TransportProbe): Promise<void> {
  const { listener } = await probe.listen()
  const error = await rejection(probe.listen(listener.address), 'listening on an address in use')
  checkSame(codeOf(error), 'EADDRINUSE', 'code')
}

async function badAddresses(probe: TransportProbe): Promise<void> {
  for (const address of [...probe.options.badAddresses, 7 as unknown as string]) {
    const errors = [
      await rejection(probe.dial(address), `dialing ${JSON.stringify(address)}`),
      await rejection(probe.listen(address), `listening on ${JSON.stringify(address)}`),
    ]
    for (const error of errors) checkArgumentError(error, typeof address === 'string' ? address : 'address')
  }
}

async function badNetwork({ transport, options }: TransportProbe): Promise<void> {
  const listening = transport.listen('carrier-pigeon', options.listenAddress, {
    onConnection: () => undefined,
  })
  checkArgumentError(await rejection(listening, 'listening on a foreign network'), 'carrier-pigeon')
  const dialing = transport.dial('carrier-pigeon', options.listenAddress)
  checkArgumentError(await rejection(dialing, 'dialing a foreign network'), 'carrier-pigeon')
}

function checkArgumentError(error: unknown, quoted: string): void {
  const isArgumentError = error instanceof TypeError || error instanceof RangeError
  check(isArgumentError, `expected a TypeError or RangeError, got ${String(error)}`)
  check(error.message.includes(quoted), `the message should name ${JSON.stringify(quoted)}: ${error.message}`)
}

async function closesTwice(probe: TransportProbe): Promise<void> {
  const { listener } = await probe.listen()
  await Promise.all([listener.close(), listener.close()])
  await listener.close()
  checkSame(
    codeOf(await rejection(probe.dial(listener.address), 'dialing a closed listener')),
    'ECONNREFUSED',
    'code',
  )
  const again = await probe.listen(listener.address)
  checkSame(again.listener.address, listener.address, 'address')
}

async function refs(probe: TransportProbe): Promise<void> {
  const { listener, accept } = await probe.listen()
  listener.unref?.()
  listener.ref?.()
  listener.unref?.()
  await Promise.all([probe.dial(listener.address), accept()])
  await listener.close()
  listener.ref?.()
  listener.unref?.()
}

async function livesOn(probe: TransportProbe): Promise<void> {
  const { listener, accept } = await probe.listen()
  const [a, b] = (await Promise.all([probe.dial(listener.address), accept()])).map((end) => probe.probe(end))
  check(a !== undefined && b !== undefined, 'two ends')
  await listener.close()
  await a.send(Uint8Array.of(1))
  await b.received(1)
  await b.send(Uint8Array.of(2))
  await a.received(1)
}
