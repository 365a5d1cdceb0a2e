import { nodeIdToBytes, systemClock } from '@astranet/interface'
import { Catalogue } from '@astranet/registry'
import { generateIdentitySync, NodeSignatures, type Identity } from '@astranet/secure'
import { Member } from './member.js'

/** A message of a registry, as it goes on the wire. */
export type WireMessage = unknown[]

/** How a {@link RegistryMember} behaves. */
interface RegistryMemberOptions {
  /** Default: a new one. */
  readonly identity?: Identity
  readonly incarnation?: number
  readonly role?: 'router' | 'node'
  /** What is sent in place of a message. Default: the message. */
  readonly change?: (message: WireMessage) => WireMessage | undefined
}

/** A member of the network with a real registry, whose messages a test changes before they are sent. */
export class RegistryMember implements AsyncDisposable {
  readonly identity: Identity
  readonly idBytes: Uint8Array
  readonly catalogue: Catalogue
  readonly member: Member
  readonly #change: (message: WireMessage) => WireMessage | undefined

  private constructor(
    catalogue: Catalogue,
    member: Member,
    options: RegistryMemberOptions & { identity: Identity },
  ) {
    this.identity = options.identity
    this.idBytes = nodeIdToBytes(options.identity.nodeId)
    this.catalogue = catalogue
    this.member = member
    this.#change = options.change ?? ((message) => message)
  }

  /** Joins a node over TCP. `prepare` publishes what it offers from the start. */
  static async join(
    address: string,
    options: RegistryMemberOptions = {},
    prepare: (catalogue: Catalogue) => void = () => undefined,
  ): Promise<RegistryMember> {
    const { identity = generateIdentitySync(), incarnation = Date.now() * 1024, role = 'node' } = options
    const { nodeId, publicKey, signNow } = identity
    if (signNow === undefined) throw new TypeError('identity must sign at once')
    let pump = (): void => undefined
    const catalogue = new Catalogue({
      signer: { nodeId, publicKey, sign: signNow },
      crypto: new NodeSignatures(),
      ...{ incarnation, role, catalogue: 'all', random: Math.random },
      onWork: () => setImmediate(() => pump()),
    })
    prepare(catalogue)
    const member = await Member.join(address, {
      ...{ identity, incarnation: catalogue.incarnation },
      roles: role === 'router' ? ['router'] : [],
      onRegistry: (from, message) => {
        const peer = from.link.peer
        if (peer !== undefined) void catalogue.receive(peer.nodeId, message, systemClock.now())
        setImmediate(() => pump())
      },
      onRegistryWritable: () => pump(),
    })
    const made = new RegistryMember(catalogue, member, { ...options, identity })
    pump = () => made.pump()
    const { peer } = member.link
    if (peer === undefined) throw new Error('the link is not open')
    const { nodeId: neighbour, roles } = peer
    catalogue.neighbourUp(
      {
        nodeId: neighbour,
        incarnation: peer.incarnation,
        role: roles.includes('router') ? 'router' : 'node',
        holdsAll: true,
      },
      systemClock.now(),
    )
    pump()
    return made
  }

  /** Sends what is due. */
  pump(): void {
    const { link } = this.member
    const peer = link.peer?.nodeId
    this.catalogue.due(systemClock.now())
    while (peer !== undefined && link.canSendRegistry) {
      const message = this.catalogue.nextMessage(peer, systemClock.now())
      if (message === undefined) return
      const changed = this.#change([...message])
      if (changed !== undefined) link.sendRegistry(changed)
    }
  }

  /** Sends a message as it is. */
  send(message: WireMessage): void {
    this.member.link.sendRegistry(message)
  }

  get closed(): Member['closed'] {
    return this.member.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.catalogue.close()
    await this.member[Symbol.asyncDispose]()
  }
}
