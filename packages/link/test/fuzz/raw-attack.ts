import { encodeMessage } from '@astranet/frame/message'
import { concatBytes } from '@astranet/interface'
import { DoorwaySlots } from '@astranet/link'
import type { Rng } from '@astranet/testkit/sim'
import { frameMessage } from '@astranet/secure/proto'
import { CloseCode } from '../../src/proto/error-codes.js'
import {
  encodePreamble,
  LINK_ROLES,
  PREAMBLE_BYTES,
  PREAMBLE_MAGIC,
  type Preamble,
} from '../../src/proto/preamble.js'
import { encodeRefusal } from '../../src/proto/refusal.js'
import { memoryPipe } from '../support/memory-pipe.js'
import { RawEnd } from '../support/raw-end.js'
import { rawInitiate, rawPreamble, rawSecond, type RawOptions } from '../support/raw-handshake.js'
import { Side } from '../support/side.js'
import { VirtualClock } from '../support/virtual-clock.js'
import { must, mustBeDecided, mustLeaveNothing, outcomeOf, watchTimers, type Attacked } from './invariants.js'
import { cut, mutate } from './mutate.js'

const PSK = new Uint8Array(32).fill(1)

const REFUSAL_BYTES = encodeRefusal(CloseCode.BUSY).length

/** Lengths of messages 1, with and without a secret, of messages 2 and 3, and others. */
const LENGTHS = [32, 48, 191, 192, 300, 160, 0, 1, 65_535] as const

/** What the end of a pipe in memory takes at once. */
const MAX_PIECE_BYTES = 50_000

interface Scene extends Attacked {
  readonly clock: VirtualClock
  readonly raw: RawEnd
  readonly slots: DoorwaySlots
  readonly left: { readonly timers: number }
  readonly role: 'dialer' | 'acceptor'
  readonly psk: Uint8Array | undefined
}

function setScene(random: Rng): Scene {
  const clock = new VirtualClock()
  const [end, rawEnd] = memoryPipe(clock)
  end.security = { isPrivate: random.chance(0.5) }
  const role = random.pick(['dialer', 'acceptor'] as const)
  const psk = random.pick([undefined, PSK])
  const slots = new DoorwaySlots({ random: () => random.float() })
  const side = new Side(end, {
    id: 2n,
    clock,
    role,
    ...(psk === undefined ? {} : { psk }),
    ...(role === 'acceptor' ? { slots } : {}),
  })
  const raw = new RawEnd(rawEnd)
  const left = watchTimers(clock, [side])
  side.link.start()
  return { clock, left, slots, end, side, raw, role, psk }
}

async function finish(scene: Scene): Promise<string> {
  const { clock, side } = scene
  await mustBeDecided(clock, [scene])
  must(side.opened.length === 0, 'a link opened without a session at the other end')
  const outcome = outcomeOf(scene)
  await mustLeaveNothing(clock, [scene], scene.left)
  must(scene.slots.pending + scene.slots.leaving === 0, 'a slot is taken by a link that has ended')
  return outcome
}

/** A peer that has no key sends a stream of preamble and messages, or something else: the link ends. */
export async function attackAsStranger(random: Rng): Promise<string> {
  const scene = setScene(random)
  const { clock, raw, end, role, psk } = scene
  await clock.settle()
  const stream = strangersStream(random, role, psk !== undefined)
  for (const piece of cut(random, stream)) {
    for (let at = 0; at < piece.length; at += MAX_PIECE_BYTES)
      raw.write(piece.slice(at, at + MAX_PIECE_BYTES))
    if (random.chance(0.7)) await clock.settle()
  }
  if (random.chance(0.5)) raw.end.end()
  const outcome = await finish(scene)
  const hasMagic = PREAMBLE_MAGIC.every((byte, at) => stream[at] === byte)
  if (role === 'acceptor') {
    must(hasMagic || end.written.length === 0, 'a peer was answered that does not speak astranet')
    const most = psk === undefined ? Infinity : PREAMBLE_BYTES + REFUSAL_BYTES
    must(end.written.length <= most, 'a peer without the secret was sent more than a refusal')
  }
  return outcome
}

function strangersStream(random: Rng, role: 'dialer' | 'acceptor', hasSecret: boolean): Uint8Array {
  if (random.chance(0.05)) return random.bytes(random.integer(0, 300))
  const own = role === 'dialer' ? 'acceptor' : 'dialer'
  const preamble = encodePreamble({ ...rawPreamble, role: own, hasSecret: random.chance(0.9) === hasSecret })
  const messages = Array.from({ length: random.integer(1, 3) }, () =>
    frameMessage(random.bytes(random.pick(LENGTHS))),
  )
  const stream = concatBytes([preamble, ...messages])
  // More than is held of a peer before its session runs.
  if (random.chance(0.02)) return concatBytes([stream, new Uint8Array(200_000)])
  return random.chance(0.7) ? mutate(random, stream, preamble) : stream
}

/** A peer that has the secret and a key does a handshake with a HELLO or a preamble of its own making. */
export async function attackAsMember(random: Rng): Promise<string> {
  const scene = setScene(random)
  const { clock, raw, role } = scene
  await clock.settle()
  const options = membersOptions(random, scene)
  try {
    if (role === 'acceptor') await rawInitiate(raw, clock, options)
    else await rawSecond(raw, options)
  } catch {
    // The link has refused the peer before, and the raw end did not find what it waits for.
  }
  if (random.chance(0.4)) raw.write(random.bytes(random.integer(1, 200)))
  return finish(scene)
}

function membersOptions(random: Rng, { role, psk }: Scene): RawOptions {
  const hello = encodeMessage({ i: 1, s: 2, r: ['a'], o: 'x:1', l: ['tcp://a:1'], f: ['y'] })
  const changed: Partial<Preamble> = random.chance(0.5)
    ? {
        insistsOnEncryption: random.chance(0.5),
        isPrivate: random.chance(0.5),
        hasExporter: random.chance(0.3),
        hasSecret: random.chance(0.9) === (psk !== undefined),
        keyId: random.chance(0.2) ? random.bytes(16) : rawPreamble.keyId,
        role: random.chance(0.2) ? random.pick(LINK_ROLES) : role === 'dialer' ? 'acceptor' : 'dialer',
      }
    : { hasSecret: psk !== undefined }
  return {
    preamble: changed,
    ...(random.chance(0.7) ? { helloBytes: mutate(random, hello, hello) } : {}),
    handshake: { psk },
  }
}
