import { fileURLToPath } from 'node:url'
import { peers } from '../peers/index.js'
import { stores } from '../stores/index.js'
import { storeWorks } from '../stores/works/index.js'
import { webPeers } from '../web/web-peers.js'
import { works as streamWorks } from '../works/index.js'

/** A peer for the command: a program that can be either side of a measurement. */
export interface Contestant {
  readonly name: string
  /** Its receive windows, or what a store is, in words. */
  readonly windows: string
  /** The works that it supports. */
  readonly works: readonly string[]
  /** The largest number of streams that a work opens at once. */
  readonly maxOpenStreams: number
  /** The program and its arguments; the task is appended as one more argument. */
  readonly command: readonly string[]
}

/** Peers that cannot be measured on this machine. */
export interface Skipped {
  readonly peer: string
  /** Why, as a sentence. */
  readonly reason: string
}

/** Peers that can be measured, and the reasons why others are missing. */
export interface Contestants {
  readonly contestants: readonly Contestant[]
  readonly skipped: readonly Skipped[]
}

/** V8's default limit of a heap is less than ten million streams need. */
const HEAP_MIB = 12_288

/** The peers with streams in `names`, in JavaScript: those that are installed. */
export function javascriptContestants(names: readonly string[]): Contestants {
  const command = commandOfSide()
  const all = namesOf(streamWorks)
  const wanted = peers.filter(({ name }) => names.includes(name))
  return {
    contestants: wanted
      .filter((peer) => peer.missing?.() === undefined)
      .map(({ name, windows, works = all, maxOpenStreams }) => {
        return { name, windows, works, maxOpenStreams, command }
      }),
    skipped: skippedOf(wanted),
  }
}

/** The peers of HTTP. */
export function webContestants(): Contestant[] {
  const command = commandOfSide()
  return webPeers.map(({ name, note, works }) => {
    return { name, windows: note, works, maxOpenStreams: 0, command }
  })
}

/** The stores in `names`: those that are installed on this machine. */
export function storeContestants(names: readonly string[]): Contestants {
  const command = commandOfSide()
  const all = namesOf(storeWorks)
  const wanted = stores.filter(({ name }) => names.includes(name))
  return {
    contestants: wanted
      .filter((store) => store.missing?.() === undefined)
      .map(({ name, note, works = all }) => ({ name, windows: note, works, maxOpenStreams: 0, command })),
    skipped: skippedOf(wanted),
  }
}

function skippedOf(wanted: readonly { readonly name: string; missing?(): string | undefined }[]): Skipped[] {
  return wanted.flatMap(({ name, missing }) => {
    const reason = missing?.()
    return reason === undefined ? [] : [{ peer: name, reason }]
  })
}

function commandOfSide(): string[] {
  const side = fileURLToPath(new URL('../side.js', import.meta.url))
  return [process.execPath, '--expose-gc', `--max-old-space-size=${HEAP_MIB}`, side]
}

function namesOf(works: readonly { readonly name: string }[]): string[] {
  return works.map(({ name }) => name)
}
