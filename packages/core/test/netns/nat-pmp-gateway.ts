// A gateway's daemon that forwards ports on demand, by NAT-PMP (RFC 6886) only; a process in the gateway's namespace.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { run } from '../../../../tooling/test-support/netns/commands.js'
import { serveCalls } from '../../../../tooling/test-support/netns/node-process.js'

/** What it can be asked. */
export type GatewayCalls = typeof calls

const UNSUPPORTED_VERSION = 1

/** The length of the answer to a request for a port. */
const MAPPING_BYTES = 16

let wan: readonly number[] = []
const forwarded = new Map<number, string>()
let requests = 0
let isMute = false

const calls = {
  /** Answers from now on; `address` is the gateway's outside. */
  async start(address: string): Promise<void> {
    wan = address.split('.').map(Number)
    const socket = createSocket('udp4', (message, { address: host, port }) => {
      const answer = answerTo(message, host)
      if (!isMute || answer.length < MAPPING_BYTES) socket.send(answer, port, host)
    })
    socket.bind(5_351)
    await once(socket, 'listening')
  },

  /** From now on it forwards ports and says nothing of it, as when its answers are lost. */
  mute(): void {
    isMute = true
  },

  /** How many requests have come. */
  requests: () => requests,

  /** The ports that are forwarded, with the hosts that they lead to. */
  forwarded: () => [...forwarded],
}

function answerTo(message: Buffer, host: string): Buffer {
  requests += 1
  const [version, opcode = 0] = message
  if (version !== 0) return Buffer.from([0, 128 + opcode, 0, UNSUPPORTED_VERSION, 0, 0, 0, 0])
  if (opcode === 0) return Buffer.from([0, 128, 0, 0, 0, 0, 0, 1, ...wan])
  const internalPort = message.readUInt16BE(4)
  const lifetimeS = message.readUInt32BE(8)
  // Another port outside, so that the client has to use the one of the answer.
  const externalPort = lifetimeS === 0 ? 0 : internalPort ^ 1
  if (lifetimeS === 0) forwarded.delete(internalPort ^ 1)
  else forwarded.set(externalPort, `${host}:${internalPort}`)
  applyRules()
  const answer = Buffer.alloc(MAPPING_BYTES)
  answer.writeUInt8(128 + opcode, 1)
  answer.writeUInt16BE(internalPort, 8)
  answer.writeUInt16BE(externalPort, 10)
  answer.writeUInt32BE(lifetimeS, 12)
  return answer
}

function applyRules(): void {
  run('nft', 'flush', 'chain', 'inet', 'filter', 'prerouting_miniupnpd')
  for (const [port, to] of forwarded) {
    const rule = ['iifname', 'wan', 'tcp', 'dport', String(port), 'dnat', 'ip', 'to', to]
    run('nft', 'add', 'rule', 'inet', 'filter', 'prerouting_miniupnpd', ...rule)
  }
}

serveCalls(calls)
