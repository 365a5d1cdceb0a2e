#!/usr/bin/env node
import { HELP, parseArguments, UsageError, type DemoArguments } from './arguments.js'
import type { ClientCalls, RelayCalls, ServerCalls } from './calls.js'
import { Child } from './child.js'
import { Progress } from './progress.js'
import { faultOf } from './result.js'
import { run } from './run.js'
import { formatTable } from './table.js'

const INTERRUPTED = 130

/** Heap that a process may need without streams, and for each thousand streams, in MiB. */
const BASE_HEAP_MIB = 1024
const HEAP_MIB_PER_THOUSAND_STREAMS = 8

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  let parsed: DemoArguments
  try {
    parsed = parseArguments(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
  if (!parsed.isHelp) return await demonstrate(parsed)
  process.stdout.write(HELP)
  return 0
}

async function demonstrate({ streams, isJson }: DemoArguments): Promise<number> {
  const heapMiB = BASE_HEAP_MIB + Math.ceil(streams / 1000) * HEAP_MIB_PER_THOUSAND_STREAMS
  const server = new Child<ServerCalls>({
    name: 'server',
    module: new URL('./server.js', import.meta.url),
    heapMiB,
  })
  const client = new Child<ClientCalls>({
    name: 'client',
    module: new URL('./client.js', import.meta.url),
    heapMiB,
  })
  const relay = new Child<RelayCalls>({
    name: 'relay',
    module: new URL('./relay.js', import.meta.url),
    heapMiB: BASE_HEAP_MIB,
  })
  const progress = new Progress(process.stderr)
  const end = (): void => {
    progress.stop()
    client.kill()
    relay.kill()
    server.kill()
  }
  const interrupt = (): void => {
    end()
    process.exit(INTERRUPTED)
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const say = (line: string): void => void (isJson || process.stdout.write(`${line}\n`))
  try {
    const job = run({ server, relay, client, progress, say }, streams)
    const result = await Promise.race([job, server.ended, relay.ended, client.ended])
    process.stdout.write(`${isJson ? JSON.stringify(result) : formatTable(result)}\n`)
    const fault = faultOf(result, streams)
    return fault === undefined ? 0 : failed(fault)
  } catch (error) {
    progress.stop()
    return failed((error as Error).message)
  } finally {
    end()
  }
}

function failed(why: string): number {
  process.stderr.write(
    `The demo failed: ${why}.\nRun it again with fewer streams (--streams 1000); ` +
      'if that fails as well, it is a fault of AstraNet: please report it with this output.\n',
  )
  return 1
}
