import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byNodeThenPort,
  type ServiceChange,
  type ServiceInstance,
} from '../src/proto/view/service-instance.js'
import { ServiceView } from '../src/proto/view/service-view.js'
import { instance } from './instances.js'

function viewOf(...all: readonly ServiceInstance[]): ServiceView {
  const view = new ServiceView()
  for (const each of all) view.set(each)
  return view
}

describe('a view of services', () => {
  it('lists by environment and name', () => {
    const services = [
      instance(1),
      instance(2, { name: 'web' }),
      instance(3, { environment: 'test' }),
      instance(4, { environment: 'test', name: 'web' }),
    ]
    const view = viewOf(...services)
    const numbers = (filter: Parameters<ServiceView['list']>[0]): number[] =>
      view.list(filter).map((each) => Number(each.nodeId))
    expect(numbers({})).toEqual([1, 2, 3, 4])
    expect(numbers({ environment: '' })).toEqual([1, 2])
    expect(numbers({ name: 'web' })).toEqual([2, 4])
    expect(numbers({ environment: 'test', name: 'web' })).toEqual([4])
    expect(numbers({ environment: 'other' })).toEqual([])
    expect(view.size).toBe(4)
  })

  it('resolves the same frozen list until something of that name changes', () => {
    const view = viewOf(instance(2), instance(1), instance(1, { port: 3 }), instance(1, { name: 'web' }))
    const found = view.resolve('', 'echo', undefined)
    expect(found.map((each) => [Number(each.nodeId), each.port])).toEqual([[1, 3], [1, 7], [2, 7]]) // prettier-ignore
    expect(Object.isFrozen(found)).toBe(true)
    view.delete(instance(1, { name: 'web' }))
    expect(view.resolve('', 'echo', undefined)).toBe(found)
    view.delete(instance(2))
    expect(view.resolve('', 'echo', undefined)).toHaveLength(2)
    expect(found).toHaveLength(3)
    expect(view.resolve('', 'echo', 3).map((each) => each.port)).toEqual([3])
    expect(view.resolve('', 'none', undefined)).toEqual([])
  })

  it('has what a simple model has, whatever is set and deleted', () => {
    const place = fc.record({
      environment: fc.constantFrom('', 'a'),
      name: fc.constantFrom('echo', 'echo', 'echo', 'web'),
      node: fc.nat(30),
      port: fc.nat(2),
    })
    const step = fc.record({
      kind: fc.constantFrom('set', 'set', 'delete', 'read'),
      place,
      weight: fc.nat(2),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const view = new ServiceView()
        const model = new Map<string, ServiceInstance>()
        const watch = view.watch(() => undefined)
        const reported = new Map<string, ServiceInstance>()
        for (const {
          kind,
          place: { node, ...where },
          weight,
        } of steps) {
          const key = JSON.stringify([node, where])
          const one = instance(node, { ...where, weight })
          if (kind === 'set') {
            view.set(one)
            model.set(key, one)
          } else if (kind === 'delete') {
            view.delete(one)
            model.delete(key)
          } else {
            const named = [...model.values()].filter(
              (each) => each.environment === where.environment && each.name === where.name,
            )
            expect(view.resolve(where.environment, where.name, undefined)).toEqual(named.sort(byNodeThenPort))
            for (const change of watch.take()) follow(reported, change)
          }
          expect(view.size).toBe(model.size)
        }
        for (const change of watch.take()) follow(reported, change)
        expect(new Set(reported.values())).toEqual(new Set(model.values()))
        expect(new Set(view.list({}))).toEqual(new Set(model.values()))
        for (const environment of ['', 'a']) {
          const inside = [...model.values()].filter((each) => each.environment === environment)
          expect(new Set(view.list({ environment }))).toEqual(new Set(inside))
        }
      }),
    )
  })

  it('counts nothing once everything is gone', () => {
    const view = new ServiceView()
    const all = Array.from({ length: 100 }, (_, n) =>
      instance(n, { name: n < 50 ? 'echo' : `name-${n}`, environment: n % 2 ? 'odd' : '' }),
    )
    for (const each of all) view.set(each)
    expect(view.heldBytes).toBeGreaterThan(100 * 8)
    for (const each of all) view.delete(each)
    expect(view.heldBytes).toBe(0)
    expect(view.size).toBe(0)
  })
})

/** Applies a change as a watcher would; a change that does not follow from what was reported before fails. */
function follow(reported: Map<string, ServiceInstance>, change: ServiceChange): void {
  const { kind, service } = change
  const key = JSON.stringify([service.environment, service.name, String(service.nodeId), service.port])
  const before = reported.get(key)
  if (kind === 'add') expect(before).toBeUndefined()
  else expect(change.kind === 'change' ? change.before : service).toEqual(before)
  if (kind === 'remove') reported.delete(key)
  else reported.set(key, service)
}

describe('a watch of a view', () => {
  it('reports what changed, with what it was before', () => {
    const view = viewOf(instance(1))
    const watch = view.watch(() => undefined)
    expect(watch.take()).toEqual([{ kind: 'add', service: instance(1) }])
    const changes: readonly Partial<ServiceInstance>[] = [
      { tags: ['new'] },
      { weight: 0 },
      { zone: 'here' },
      { version: '2' },
      { health: 'failing' },
    ]
    let before = instance(1)
    for (const facts of changes) {
      const service = instance(1, facts)
      view.set(service)
      expect(watch.take()).toEqual([{ kind: 'change', service, before }])
      before = service
    }
    view.delete(instance(1))
    expect(watch.take()).toEqual([{ kind: 'remove', service: before }])
    expect(watch.take()).toEqual([])
  })

  it('reports nothing, and does not wake, when an equal instance takes the place', () => {
    const view = viewOf(instance(1, { tags: ['a', 'b'] }))
    let woken = 0
    const watch = view.watch(() => woken++)
    watch.take()
    const equal = instance(1, { tags: ['a', 'b'] })
    view.set(equal)
    view.notify()
    expect(woken).toBe(0)
    expect(watch.take()).toEqual([])
    expect(view.resolve('', 'echo', undefined)[0]).toBe(equal)
  })

  it('reports each place once, in the order of its first change, and nothing that came and went', () => {
    const view = viewOf(instance(1), instance(2))
    const watch = view.watch(() => undefined)
    watch.take()
    view.set(instance(2, { weight: 5 }))
    view.set(instance(3))
    view.delete(instance(1))
    view.delete(instance(3))
    view.set(instance(4))
    view.set(instance(2, { weight: 6 }))
    expect(watch.take()).toEqual([
      { kind: 'change', service: instance(2, { weight: 6 }), before: instance(2) },
      { kind: 'remove', service: instance(1) },
      { kind: 'add', service: instance(4) },
    ])
    view.delete(instance(2))
    view.set(instance(2, { weight: 6 }))
    expect(watch.take()).toEqual([])
  })

  it('keeps nothing of places that came and went, and does not wake for them', () => {
    const view = new ServiceView()
    let woken = 0
    const watch = view.watch(() => woken++)
    watch.take()
    for (let n = 0; n < 100; n++) {
      view.set(instance(n))
      view.delete(instance(n))
    }
    view.notify()
    expect(woken).toBe(0)
  })

  it('hears only what it is about', () => {
    const view = new ServiceView()
    const woken: string[] = []
    const filters = {
      all: {},
      test: { environment: 'test' },
      default: { environment: '' },
      web: { name: 'web' },
      'test web': { environment: 'test', name: 'web' },
    }
    const watches = Object.entries(filters).map(([label, filter]) =>
      view.watch(() => woken.push(label), filter),
    )
    for (const watch of watches) watch.take()
    const heard = (service: ServiceInstance): string[] => {
      view.set(service)
      view.notify()
      for (const watch of watches) expect(watch.take().length).toBeLessThan(2)
      return woken.splice(0).sort()
    }
    expect(heard(instance(1, { environment: 'test', name: 'web' }))).toEqual([
      'all',
      'test',
      'test web',
      'web',
    ])
    expect(heard(instance(1, { environment: 'test', name: 'echo' }))).toEqual(['all', 'test'])
    expect(heard(instance(1, { environment: '', name: 'web' }))).toEqual(['all', 'default', 'web'])
    expect(heard(instance(1, { environment: 'other' }))).toEqual(['all'])
  })

  it('reports first what is there at the first take, of what it is about', () => {
    const view = viewOf(instance(1), instance(2, { environment: 'test' }))
    let woken = 0
    const watch = view.watch(() => woken++, { environment: 'test' })
    view.notify()
    expect(woken).toBe(0)
    view.set(instance(3, { environment: 'test' }))
    view.delete(instance(2, { environment: 'test' }))
    view.notify()
    expect(woken).toBe(1)
    expect(watch.take()).toEqual([{ kind: 'add', service: instance(3, { environment: 'test' }) }])
  })

  it.each(['first', 'later'])(
    'gives no more than it is asked for, and the rest keeps coalescing: %s',
    (when) => {
      const view = new ServiceView()
      let woken = 0
      const watch = view.watch(() => woken++)
      if (when === 'later') watch.take()
      for (let n = 1; n <= 5; n++) view.set(instance(n))
      view.notify()
      const taken = (): unknown =>
        watch.take(2).map(({ kind, service }) => `${kind} ${service.nodeId} ${service.weight}`)
      expect(taken()).toEqual(['add 1 1', 'add 2 1'])
      view.delete(instance(3))
      view.set(instance(4, { weight: 9 }))
      view.set(instance(1, { weight: 9 }))
      view.notify()
      expect(taken()).toEqual(['add 4 9', 'add 5 1'])
      expect(woken).toBe(1)
      expect(taken()).toEqual(['change 1 9'])
      expect(taken()).toEqual([])
      view.set(instance(6))
      view.notify()
      expect(woken).toBe(2)
      expect(taken()).toEqual(['add 6 1'])
    },
  )

  it('refuses a limit that gives nothing', () => {
    const watch = new ServiceView().watch(() => undefined)
    for (const limit of [0, -1, NaN]) expect(() => watch.take(limit)).toThrow(RangeError)
    expect(() => watch.take('1' as unknown as number)).toThrow(TypeError)
  })

  it('wakes once until it was taken from', () => {
    const view = new ServiceView()
    let woken = 0
    const watch = view.watch(() => woken++)
    watch.take()
    view.set(instance(1))
    expect(woken).toBe(0)
    view.notify()
    view.set(instance(2))
    view.notify()
    expect(woken).toBe(1)
    expect(watch.take()).toHaveLength(2)
    view.notify()
    expect(woken).toBe(1)
    view.set(instance(3))
    view.notify()
    expect(woken).toBe(2)
  })

  it('is silent after close, also when it was about to be woken', () => {
    const view = new ServiceView()
    let woken = 0
    const watch = view.watch(() => woken++)
    const other = view.watch(() => watch.close(), { name: 'echo' })
    view.set(instance(1))
    watch.close()
    watch.close()
    view.notify()
    expect(woken).toBe(0)
    expect(watch.take()).toEqual([])
    expect(other.take()).toHaveLength(1)
  })

  it('may be closed by another one that is woken before it', () => {
    const view = new ServiceView()
    let woken = 0
    view.watch(() => second.close())
    const second = view.watch(() => woken++)
    view.set(instance(1))
    view.notify()
    expect(woken).toBe(0)
  })
})
