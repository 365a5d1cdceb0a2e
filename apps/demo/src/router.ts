import { AstraNet } from '@astranet/core'
import { answerCalls } from './answer-calls.js'
import type { RouterCalls } from './calls.js'

/** The router process: one node that passes on what the others offer. */
const node = new AstraNet().router()

const calls: RouterCalls = {
  async listen() {
    const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
    return { address }
  },
  async close() {
    await node.close()
    return undefined
  },
}

answerCalls(calls)
