import { AstraNet } from '@astranet/core'
import { answerCalls } from './answer-calls.js'
import type { RelayCalls } from './calls.js'
import { measureMemory } from './memory.js'

/** The relay process: one router, which passes on what the others offer and forwards their bytes. */
const node = new AstraNet().router()

const calls: RelayCalls = {
  async listen() {
    const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
    return { address }
  },
  memory: () => measureMemory(),
  async close() {
    await node.close()
    return undefined
  },
}

answerCalls(calls)
