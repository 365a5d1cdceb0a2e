// A node that listens, alone in its process, so that what the process uses is what the node uses.
import { existsSync, readdirSync } from 'node:fs'
import { AstraNet } from '../../src/index.js'
import { argument, serve } from './children.js'

/** What the process uses. */
export interface Sample {
  /** After a collection of garbage. */
  readonly heapBytes: number
  readonly residentBytes: number
  readonly descriptors: number
  readonly cpuMs: number
  /** How often `onError` got which code. */
  readonly errors: Readonly<Record<string, number>>
}

const DESCRIPTORS = '/proc/self/fd'
const { secret } = argument<{ secret?: string }>()
const errors: Record<string, number> = {}

function descriptors(): number {
  return (existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS) : process.getActiveResourcesInfo()).length
}

function sample(): Sample {
  const residentBytes = process.memoryUsage.rss()
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  return {
    heapBytes: process.memoryUsage().heapUsed,
    residentBytes,
    descriptors: descriptors(),
    cpuMs: (user + system) / 1_000,
    errors,
  }
}

const node = new AstraNet(secret === undefined ? {} : { secret })
const onError = ({ code = 'without a code' }: Error & { code?: string }): void => {
  errors[code] = (errors[code] ?? 0) + 1
}
const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', { onError })
serve(address, (question) => (question === 'descriptors' ? descriptors() : sample()))
