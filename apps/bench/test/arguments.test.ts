import { describe, expect, it } from 'vitest'
import { parseArguments } from '../src/host/arguments.js'

describe('the command line', () => {
  it('asks for everything, five times, by default', () => {
    const args = parseArguments([])
    expect(args).toMatchObject({ runs: 5, scale: 1, malloc: ['default'], out: 'bench/results' })
    expect(args.works).toEqual([
      'bulk',
      'many',
      'small',
      'churn',
      'latency',
      'beside-bulk',
      'memory',
      'dial',
      'handshakes',
      'catalogue',
      'watch',
      'http',
    ])
    expect(args.peers).toEqual(expect.arrayContaining(['go-yamux', 'etcd']))
  })

  it('names works and peers, in whatever order', () => {
    const args = parseArguments(['--only', 'churn,bulk', '--peers', 'http2, tcp', '--runs', '3'])
    expect(args).toMatchObject({ works: ['bulk', 'churn'], peers: ['tcp', 'http2'], runs: 3 })
  })

  it('writes nothing into the published results when only tried out', () => {
    expect(parseArguments(['--quick'])).toMatchObject({ runs: 1, scale: 0.01, out: undefined })
    expect(parseArguments(['--quick', '--out', 'there']).out).toBe('there')
  })

  it.each([
    [['--only', 'bulky'], '--only: there is no "bulky"'],
    [['--runs', '0'], '--runs must be a number above 0'],
    [['--scale', 'x'], '--scale must be a number above 0'],
    [['--malloc', 'jemalloc'], '--malloc: there is no "jemalloc"'],
    [['--no-such'], "Unknown option '--no-such'"],
  ])('is refused with a sentence: %j', (argv, sentence) => {
    expect(() => parseArguments(argv)).toThrow(sentence)
  })
})
