import { nodeHttp } from '../../node-modules.js'

/** The longest answer that is read, in bytes. */
export const MAX_ANSWER_BYTES = 65_536

/** What is asked of a gateway by HTTP. */
export interface ExchangeRequest {
  readonly url: URL
  /** Absent: GET. */
  readonly soap?: { readonly action: string; readonly body: string }
  readonly signal: AbortSignal
}

/** What it answered. */
export interface ExchangeAnswer {
  readonly status: number
  readonly text: string
  /** The address of this machine from which the gateway was reached. */
  readonly localHost: string
}

/** One request over a connection of its own. Rejects when there is no answer, it is too long, or `signal` aborts. */
export function exchange({ url, soap, signal }: ExchangeRequest): Promise<ExchangeAnswer> {
  const headers =
    soap === undefined
      ? {}
      : {
          'content-type': 'text/xml; charset="utf-8"',
          'content-length': Buffer.byteLength(soap.body),
          soapaction: `"${soap.action}"`,
        }
  const options = { method: soap === undefined ? 'GET' : 'POST', headers, agent: false, signal }
  return new Promise((resolve, reject) => {
    const sent = nodeHttp().request(url, options, (answer) => {
      const { localAddress: localHost = '' } = answer.socket
      let text = ''
      answer.setEncoding('utf8')
      answer.on('error', reject)
      answer.on('data', (part: string) => {
        text += part
        if (text.length > MAX_ANSWER_BYTES) sent.destroy(new Error('the answer of the gateway is too long'))
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, localHost }))
    })
    sent.on('error', reject)
    sent.end(soap?.body)
  })
}
