import type { CatalogueSizes } from './store.js'

/** Instances of each service, and services of each node. */
export const INSTANCES_PER_NAME = 10

/** One service of one node. */
export interface Entry {
  readonly node: number
  readonly name: string
}

/** The entries of a catalogue with as many names as nodes. Neighbouring nodes share names. */
export function* entriesOf({ nodes }: CatalogueSizes): Generator<Entry> {
  for (let node = 0; node < nodes; node++) {
    for (let i = 0; i < INSTANCES_PER_NAME; i++) yield { node, name: nameOf((node + i) % nodes) }
  }
}

/** The name with a number. */
export function nameOf(index: number): string {
  return `service-${index}`
}

/** What a server is given to store for a service, as text: what an entry of AstraNet's catalogue says. */
export const VALUE: string = JSON.stringify({
  host: 'n3kf7q2vx6x4za',
  port: 1_234_567_890,
  tags: ['blue'],
  weight: 1,
  zone: 'a',
  version: '1.0.0',
  health: 'passing',
})
