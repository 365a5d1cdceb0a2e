import nodeNet, { type AddressInfo, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { AstraNet } from '../src/index.js'
import { turns } from './support.js'

/** What is common to the real `net` and to AstraNet's. */
export type AnyNet = typeof nodeNet

/** What a scenario notes: events, values and errors, in order. */
export class Notes {
  readonly lines: string[] = []

  add(...parts: unknown[]): void {
    this.lines.push(parts.map(shown).join(' '))
  }

  /** Notes each of these events of `emitter` with its name. */
  follow(name: string, emitter: Socket | Server, events: readonly string[]): void {
    for (const event of events)
      emitter.on(event, (...args: unknown[]) => this.add(name, event, ...args.filter(isPlain)))
  }
}

/** A scenario: it gets a `net`, and resolves when it is over. */
export type NetScenario = (net: AnyNet, notes: Notes) => Promise<unknown>

/** What a scenario notes with the real `net`, and with that of a new node. */
export async function onBoth(scenario: NetScenario): Promise<{ expected: string[]; actual: string[] }> {
  const node = new AstraNet()
  onTestFinished(() => node.close())
  const notes = { expected: new Notes(), actual: new Notes() }
  await scenario(nodeNet, notes.expected)
  await scenario(node.net, notes.actual)
  return { expected: notes.expected.lines, actual: notes.actual.lines }
}

/** A server that listens at a free port of 127.0.0.1. Closed when the test is over. */
export async function listening(
  net: AnyNet,
  onConnection?: (socket: Socket) => void,
  options: nodeNet.ServerOpts = {},
): Promise<{ server: Server; port: number }> {
  const server = net.createServer(options, onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void (server.listening && server.close()))
  return { server, port: (server.address() as AddressInfo).port }
}

/** Resolves when the socket has emitted `'close'`, and a few turns later. */
export async function over(emitter: Socket | Server): Promise<void> {
  await new Promise<void>((resolve) => emitter.once('close', () => resolve()))
  await turns(3)
}

/** An error as a program sees it; ports are random, and so are left out. */
export function errorText(error: unknown): string {
  const { name, code, message, syscall, address, port, hostname, errno } = error as Record<string, unknown>
  const parts = { name, code, message, syscall, address, hostname, errno, port: typeof port }
  return JSON.stringify(parts).replaceAll(/:\d{4,5}(?!\d)/g, ':PORT')
}

/** The class, code and message of what `call` throws. */
export function thrownBy(call: () => unknown): string {
  try {
    call()
    return 'nothing'
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    return `${baseName(error)} ${code} ${message}`
  }
}

function baseName(error: unknown): string {
  return [RangeError, TypeError, Error].find((Base) => error instanceof Base)?.name ?? 'no error'
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== 'object' || value instanceof Error || Buffer.isBuffer(value)
}

function shown(value: unknown): string {
  if (value instanceof Error) return errorText(value)
  return Buffer.isBuffer(value) ? value.toString() : String(value)
}
