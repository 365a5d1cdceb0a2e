import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import type { Command, Message, Task } from './protocol.js'
import type { ProcessCpu, ProcessMemory } from './work.js'
import { sidesOf } from './sides.js'

/** One of the two processes of a measurement. The command starts it and gives it its task. */
const task = JSON.parse(process.argv[2] ?? '') as Task
const PROGRESS_INTERVAL_MS = 100
let toldAt = 0
let rss = (): number => process.memoryUsage.rss()
let close: () => Promise<void> = () => Promise.resolve()
let onMemory: (memory: ProcessMemory) => void = () => undefined
let onCpu: (cpu: ProcessCpu) => void = () => undefined

process.on('uncaughtException', fail)
createInterface(process.stdin)
  .on('line', (line) => void obey(JSON.parse(line) as Command))
  .on('close', () => void end())
void start().catch(fail)

async function start(): Promise<void> {
  const { serve, run } = await sidesOf(task)
  if (task.side === 'server') {
    const server = await serve()
    if (server.residentBytes !== undefined) rss = server.residentBytes
    if (server.close !== undefined) close = server.close
    return say({ event: 'listening', address: server.address })
  }
  await run({ progress, report, memory, cpu })
  say({ event: 'done' })
}

async function end(): Promise<void> {
  await close()
  process.exit(0)
}

function progress(done: number): void {
  const now = performance.now()
  if (now - toldAt < PROGRESS_INTERVAL_MS) return
  toldAt = now
  say({ event: 'progress', done })
}

function report(metric: string, value: number): void {
  say({ event: 'value', metric, value })
}

function memory(): Promise<ProcessMemory> {
  return new Promise((resolve) => {
    onMemory = resolve
    say({ event: 'memory' })
  })
}

function cpu(): Promise<ProcessCpu> {
  return new Promise((resolve) => {
    onCpu = resolve
    say({ event: 'cpu' })
  })
}

async function obey(command: Command): Promise<void> {
  if (command.do === 'memory') return onMemory(command)
  if (command.do === 'cpu') return onCpu(command)
  if (command.do === 'cpu-time') {
    const { user, system } = process.cpuUsage()
    return say({ event: 'cpu-time', seconds: (user + system) / 1e6 })
  }
  // Objects that one collection frees may release more for the next one.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await turn()
  }
  say({ event: 'rss', bytes: rss() })
}

function say(message: Message): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function fail(error: Error): void {
  say({ event: 'failed', message: error.message })
  process.exit(1)
}
