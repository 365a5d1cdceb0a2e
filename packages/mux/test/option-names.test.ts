import { duplexPair } from '@astranet/interface/duplex-pair'
import { Session, toByteDuplex, toWebStreams } from '@astranet/mux'
import { toDuplex } from '@astranet/mux/duplex'
import { resolveLimits } from '@astranet/mux/proto'
import { expect, it } from 'vitest'

/** What a call throws for options that its types forbid. */
function messageOf(call: (options: never) => unknown, options: object): string {
  try {
    call(options as never)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

it('options that are not known are refused', async () => {
  const [pipe, other] = duplexPair()
  const session = new Session(pipe, { role: 'client' })
  const server = new Session(other, { role: 'server' })
  const stream = await session.openStream({})
  const wrong: [call: (options: never) => unknown, options: object, message: string][] = [
    [
      (options) => new Session(duplexPair()[0], options),
      { role: 'client', keepAlive: 1 },
      'options.keepAlive',
    ],
    [
      (options) => resolveLimits(options),
      { idleTimeout: 1 },
      `Timeout' is not an option, did you mean "idleTimeoutMs"?`,
    ],
    [
      (options) => session.tryOpenStream(options),
      { urgent: 1 },
      `urgent' is not an option, did you mean "urgency"?`,
    ],
    [(options) => toByteDuplex(duplexPair()[0], options), { secure: {} }, 'options.secure'],
    [(options) => toWebStreams(stream, options), { initial: 1 }, 'options.initial'],
    [(options) => toDuplex(stream, options), { halfOpen: true }, 'options.halfOpen'],
  ]
  for (const [call, options, message] of wrong) {
    expect(messageOf(call, options)).toContain(message)
    expect(messageOf(call, options)).toContain('is not an option')
  }
  await expect(session.openStream({ timeoutMs: 1 } as never)).rejects.toThrow(
    "'options.timeoutMs' is not an option",
  )
  await expect(server.accept({ timeoutMs: 1 } as never)).rejects.toThrow(
    "'options.timeoutMs' is not an option",
  )
  session.destroy()
  server.destroy()
})
