import { AstraError } from '@astranet/interface'
import { turn } from '@astranet/testkit'
import type { Rng } from '@astranet/testkit/sim'
import type { SecureRole } from '../../src/index.js'
import { messageLengths } from '../../src/proto/handshake/lengths.js'
import { isSame, joined, startsWith } from './known-crypto.js'
import { must } from './must.js'
import { cut, mutateUnits } from './mutations.js'
import { Victim } from './victim.js'
import { MAX_PAYLOAD_BYTES, messagesTo, PLAINTEXTS, withPromises, type World } from './worlds.js'

/** How an attack went: `done`, or the code of the error that it ended with. */
export type Outcome = string

/** How the pipe ends behind the bytes. */
type Ending = 'end' | 'reset'

/** What a secure pipe closes with when the records are not the peer's. */
const FAULTS = ['ASTRA_ERR_SECURE_TAMPERED', 'ASTRA_ERR_SECURE_RECORD'] as const

const RESET = new AstraError('ECONNRESET', 'The attacker reset the pipe.')

/**
 * One side is sent a mutated stream: what its peer would send in a handshake that is known in advance, and the records
 * behind it. The side completes if, and only if, the stream begins with the very bytes of the handshake; it then gets
 * the plaintexts of exactly the records that follow unchanged.
 */
export async function attackStream(random: Rng, worlds: readonly World[]): Promise<Outcome> {
  const world = random.pick(worlds)
  const role: SecureRole = random.chance(0.5) ? 'initiator' : 'responder'
  const honest = world.unitsTo[role]
  const stream = mutatedStream(random, honest, worlds, role)
  const options = world.options(role)
  const ending: Ending = random.chance(0.8) ? 'end' : 'reset'
  const victim = new Victim(random.chance(0.5) ? options : withPromises(options), random.chance(0.7))
  await victim.receive(cut(random, stream), (chunk) => mustBeBounded(victim, role, world, chunk))
  await end(victim, ending)
  if (startsWith(stream, messagesTo(role, honest))) return checkRecords(victim, world, role, stream, ending)
  return checkFailure(victim, world, role, stream, ending)
}

function mutatedStream(
  random: Rng,
  honest: readonly Uint8Array[],
  worlds: readonly World[],
  role: SecureRole,
): Uint8Array {
  if (random.chance(0.03)) return random.bytes(random.integer(0, 1_000))
  if (random.chance(0.03)) return joined(honest)
  const other = random.pick(worlds)
  const donors = [...honest, ...other.unitsTo[role], ...other.unitsFrom[role]]
  let units: readonly Uint8Array[] = honest
  for (let count = random.integer(1, 2); count > 0 && units.length > 0; count--)
    units = mutateUnits(random, units, donors)
  const stream = joined(units)
  return random.chance(0.1) ? stream.subarray(0, random.integer(0, stream.length)) : stream
}

/** A side that takes more has not got a whole message yet, so it holds less than the longest that may come. */
function mustBeBounded(victim: Victim, role: SecureRole, world: World, chunk: Uint8Array): void {
  if (victim.isSettled) return
  const isFirst = role === 'responder' && victim.pipe.writes.length === 0
  const number = role === 'initiator' ? 2 : isFirst ? 1 : 3
  const { max } = messageLengths(number, world.psk !== undefined, MAX_PAYLOAD_BYTES)
  const read = role === 'responder' && !isFirst ? (world.unitsTo.responder[0] as Uint8Array).length : 0
  const held = victim.pipe.received.length - read
  must(held < 2 + max, `${held} bytes are held, and ${chunk.length} more are taken`)
}

async function end(victim: Victim, ending: Ending): Promise<void> {
  if (ending === 'end') victim.pipe.endByPeer()
  else victim.pipe.close(RESET)
  // Two turns: what the end causes, and what its close causes.
  await turn()
  await turn()
  must(victim.isSettled, 'a handshake is pending although its pipe has ended')
  must(victim.pipe.isClosed, 'a pipe is open although both sides are done with it')
  must(victim.violations.length === 0, victim.violations.join(', '))
}

function checkFailure(
  victim: Victim,
  world: World,
  role: SecureRole,
  stream: Uint8Array,
  ending: Ending,
): Outcome {
  const { error, pipe } = victim
  must(error !== undefined, 'a handshake completed whose messages were not those of the peer')
  const code = String(error.code)
  const allowed = ['ASTRA_ERR_SECURE_HANDSHAKE', 'ASTRA_ERR_SECURE_KEY']
  if (world.psk !== undefined && role === 'responder') allowed.push('ASTRA_ERR_SECURE_SECRET')
  // Without half-close the end is a close, and a close without a reason means the same.
  allowed.push(ending === 'end' ? 'ASTRA_ERR_SECURE_TRUNCATED' : 'ECONNRESET')
  must(allowed.includes(code), `a handshake failed with ${code}: ${error.message}`)
  if (code !== 'ECONNRESET' && code !== 'ASTRA_ERR_SECURE_TRUNCATED')
    must(pipe.abortReason === error, 'a handshake failed and did not break its pipe')
  mustHaveSentLittle(victim, world, role, stream)
  return code
}

/**
 * A message that does not verify is not answered. A first message verifies when it was made with the secret: by any
 * member of the network, who cannot go on without its keys. Without a secret every first message is answered.
 */
function mustHaveSentLittle({ pipe }: Victim, world: World, role: SecureRole, stream: Uint8Array): void {
  if (role === 'initiator') {
    const isFirst = isSame(joined(pipe.writes), world.unitsFrom.initiator[0] as Uint8Array)
    return must(isFirst, 'an initiator sent more than its first message')
  }
  const isFromMember = world.firstMessages.some((first) => startsWith(stream, first))
  const isAnswered = world.psk === undefined || isFromMember
  must(pipe.writes.length <= (isAnswered ? 1 : 0), 'a peer was answered that has not proved the secret')
}

function checkRecords(
  victim: Victim,
  world: World,
  role: SecureRole,
  stream: Uint8Array,
  ending: Ending,
): Outcome {
  const { secured, error, closed } = victim
  must(secured !== undefined, `an honest handshake failed with ${String(error)}`)
  const peer = world.options(role === 'initiator' ? 'responder' : 'initiator')
  must(isSame(secured.peer.publicKey, peer.identity.publicKey), 'the peer is another one')
  must(isSame(secured.peer.payload, peer.payload as Uint8Array), 'the payload is another one')
  must(isSame(secured.handshakeHash, world.handshakeHash), 'the handshake hash is another one')
  const units = world.unitsTo[role]
  let intact = role === 'initiator' ? 1 : 2
  const first = intact
  while (intact < units.length && startsWith(stream, joined(units.slice(0, intact + 1)))) intact++
  const expected = joined(PLAINTEXTS.slice(0, intact - first))
  must(closed !== undefined, 'a secure pipe was never closed')
  const code = closed.reason === undefined ? 'done' : String(closed.reason.code)
  must(
    startsWith(expected, victim.plaintext),
    'other plaintext arrived than that of the records that are intact',
  )
  must(!victim.hasReadEnd || intact === units.length, 'the end was reported without its record')
  // A header that is none breaks the pipe at once: records before it that are still being opened are dropped.
  if (victim.options.provider?.direct !== undefined || code !== 'ASTRA_ERR_SECURE_RECORD') {
    must(victim.plaintext.length === expected.length, 'plaintext of intact records did not arrive')
    must(victim.hasReadEnd === (intact === units.length), 'the end was not reported')
  }
  // Where the pipe cannot half-close it is over with the end of both sides, and takes nothing that follows.
  const isOver = victim.hasReadEnd && !victim.pipe.capabilities.halfClose
  const isExact = victim.hasReadEnd && isSame(victim.pipe.received, joined(units))
  const cutCode = ending === 'end' ? 'ASTRA_ERR_SECURE_TRUNCATED' : 'ECONNRESET'
  const clean = isExact && (ending === 'end' || isOver) ? ['done'] : [...FAULTS, cutCode]
  must(clean.includes(code), `a secure pipe closed with ${code}`)
  return code
}
