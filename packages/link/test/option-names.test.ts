import { DoorwaySlots, Link, type LinkOptions } from '@astranet/link'
import { expect, it } from 'vitest'
import { identityOf } from './support/identities.js'
import { memoryPipe } from './support/memory-pipe.js'
import { VirtualClock } from './support/virtual-clock.js'

it('options of a link that are not known are refused, with what was perhaps meant', () => {
  const [pipe] = memoryPipe(new VirtualClock())
  const options: LinkOptions = {
    role: 'dialer',
    identity: identityOf(1n),
    introduction: { incarnation: 1 },
    handler: { onOpen() {}, onStream() {}, onClose() {} },
    randomBytes: (length) => new Uint8Array(length),
    sessionOptions: { keepAliveIntervalMs: 0, random: () => 0.5, binding: 'bytes' },
  }
  const makes = (changes: object) => () => new Link(pipe, { ...options, ...changes } as LinkOptions)
  expect(makes({})).not.toThrow()
  expect(makes({ pks: new Uint8Array(32) })).toThrow(`'options.pks' is not an option, did you mean "psk"?`)
  expect(makes({ introduction: { incarnation: 1, role: [] } })).toThrow(
    `'options.introduction.role' is not an option, did you mean "roles"?`,
  )
  expect(makes({ introduction: undefined })).toThrow('"options.introduction" property must be of type object')
  for (const name of ['keepAlive', 'role', 'refusalCode'])
    expect(makes({ sessionOptions: { [name]: 1 } })).toThrow(
      `'options.sessionOptions.${name}' is not an option`,
    )
  expect(() => new DoorwaySlots({ random: Math.random, perHost: 1 } as never)).toThrow(
    `'options.perHost' is not an option`,
  )
})
