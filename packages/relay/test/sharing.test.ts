import { expect, test } from 'vitest'
import { VirtualStar } from './support/virtual-star.js'

/** 20 MB/s, 5 ms each way. */
const END = { bytesPerSecond: 20_000_000, delayMs: 5 }

test('ten tunnels of different speeds get within 10 % of each other in each second', () => {
  const star = new VirtualStar(END)
  for (let index = 0; index < 10; index++)
    star.source({ bytesPerSecond: (index + 2) * 3_000_000, delayMs: 2 * index })
  for (const bytes of star.perSecond(5)) {
    expect(Math.min(...bytes) / Math.max(...bytes)).toBeGreaterThan(0.9)
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(18_000_000)
  }
})

test('a tunnel that sends less than its part gets all that it sends, and the others share the rest', () => {
  const star = new VirtualStar(END)
  star.source({ bytesPerSecond: 500_000 })
  for (let index = 0; index < 3; index++) star.source({ bytesPerSecond: 50_000_000, delayMs: 3 })
  for (const [slow = 0, ...fast] of star.perSecond(3)) {
    expect(slow).toBeGreaterThan(450_000)
    expect(Math.min(...fast) / Math.max(...fast)).toBeGreaterThan(0.9)
  }
})

test('a node with eight tunnels gets as much as one with a single tunnel', () => {
  const star = new VirtualStar(END)
  star.source({ bytesPerSecond: 50_000_000, delayMs: 2 }, { tunnels: 8 })
  star.source({ bytesPerSecond: 50_000_000, delayMs: 2 })
  for (const bytes of star.perSecond(3)) {
    const single = bytes.pop() ?? 0
    const together = bytes.reduce((sum, each) => sum + each, 0)
    expect(single / together).toBeGreaterThan(0.9)
    expect(single / together).toBeLessThan(1.1)
    expect(Math.min(...bytes) / Math.max(...bytes)).toBeGreaterThan(0.9)
  }
})

test('a router that names thirty sources takes no more from the others than one node would', () => {
  const star = new VirtualStar(END)
  star.source({ bytesPerSecond: 50_000_000, delayMs: 2 }, { tunnels: 30, isLiar: true })
  star.source({ bytesPerSecond: 50_000_000, delayMs: 2 })
  for (const bytes of star.perSecond(3)) {
    const honest = bytes.pop() ?? 0
    const together = bytes.reduce((sum, each) => sum + each, 0)
    expect(honest / together).toBeGreaterThan(0.9)
    expect(honest / together).toBeLessThan(1.1)
  }
})

test('a node sends no faster than it may over all its tunnels, and another one is not slowed', () => {
  const star = new VirtualStar(END)
  star.source({ bytesPerSecond: 50_000_000, delayMs: 2 }, { tunnels: 4, bytesPerSecond: 2_000_000 })
  star.source({ bytesPerSecond: 10_000_000, delayMs: 2 })
  for (const bytes of star.perSecond(3)) {
    const other = bytes.pop() ?? 0
    const limited = bytes.reduce((sum, each) => sum + each, 0)
    expect(Math.min(...bytes) / Math.max(...bytes)).toBeGreaterThan(0.8)
    expect(limited).toBeGreaterThan(1_800_000)
    expect(limited).toBeLessThan(2_200_000)
    expect(other).toBeGreaterThan(9_000_000)
  }
})

test('one tunnel fills a long path: 320 Mbit/s with 40 ms to the router and 40 ms behind it', () => {
  const long = { bytesPerSecond: 40_000_000, delayMs: 20, bufferBytes: 2_097_152 }
  const star = new VirtualStar(long)
  star.source(long)
  for (const [bytes = 0] of star.perSecond(3)) expect(bytes).toBeGreaterThan(36_000_000)
})

test('what the router holds stays below the share of each tunnel', () => {
  const star = new VirtualStar({ bytesPerSecond: 100_000, delayMs: 5 })
  for (let index = 0; index < 3; index++) star.source({ bytesPerSecond: 50_000_000 })
  star.clock.advance(20_000)
  for (const tunnel of star.tunnels) expect(tunnel.heldBytes).toBeLessThanOrEqual(4_194_304)
})

test('ten sessions in tunnels that begin one after the other share a line with a long queue', () => {
  const line = { bytesPerSecond: 10_000_000, delayMs: 1, bufferBytes: 2_097_152 }
  const star = new VirtualStar(line, { hasSessions: true })
  for (let index = 0; index < 10; index++)
    star.source({ bytesPerSecond: (index + 2) * 3_000_000, delayMs: index })
  // Each window grows from 16 KiB while the line is full.
  star.clock.advance(2_000)
  for (const bytes of star.perSecond(3)) {
    expect(Math.min(...bytes) / Math.max(...bytes)).toBeGreaterThan(0.9)
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(9_000_000)
  }
})
