import { run } from './commands.js'
import { DelayLine, type LineEnd, type LineOptions } from './line.js'

/**
 * Connects two network interfaces, which it makes. Returns the line when there is one to end; a cable without delay
 * goes with its namespaces.
 */
export async function cable(
  one: LineEnd,
  other: LineEnd,
  line: LineOptions | undefined,
): Promise<DelayLine | undefined> {
  if (line !== undefined) return await DelayLine.lay([one, other], line, 'tap')
  const far = ['type', 'veth', 'peer', 'name', other.name, 'netns', other.namespace]
  run('ip', '-n', one.namespace, 'link', 'add', one.name, ...far)
  return undefined
}
