import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** One SRV record. */
export interface Srv {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly host: string
}

/** A DNS server on this machine that has SRV records, and says of every other name that it does not exist. */
export class SrvResponder implements AsyncDisposable {
  readonly #socket: Socket
  /** By name. */
  readonly records = new Map<string, readonly Srv[]>()
  /** The names that were asked for. */
  readonly asked: string[] = []

  private constructor() {
    this.#socket = createSocket('udp4', (query, { port, address }) => {
      this.#socket.send(this.#answer(query), port, address)
    })
  }

  static async start(): Promise<SrvResponder> {
    const responder = new SrvResponder()
    responder.#socket.bind(0, '127.0.0.1')
    await once(responder.#socket, 'listening')
    return responder
  }

  /** For `Resolver.setServers`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  /** RFC 1035, section 4: the header, the question as it came, and the records. */
  #answer(query: Buffer): Buffer {
    const { name, end } = nameAt(query, 12)
    this.asked.push(name)
    const found = this.records.get(name)
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(found === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(found?.length ?? 0, 6)
    return Buffer.concat([header, query.subarray(12, end + 4), ...(found ?? []).map(recordOf)])
  }
}

function nameAt(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = start
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

/** RFC 2782: of the name in the question, class IN, for no time at all. */
function recordOf({ priority, weight, port, host }: Srv): Buffer {
  const labels = host.split('.').filter((label) => label !== '')
  const target = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ])
  const head = Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 0])
  const data = Buffer.alloc(8)
  data.writeUInt16BE(6 + target.length, 0)
  data.writeUInt16BE(priority, 2)
  data.writeUInt16BE(weight, 4)
  data.writeUInt16BE(port, 6)
  return Buffer.concat([head, data, target])
}
