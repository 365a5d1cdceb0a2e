import { expectTypeOf, test } from 'vitest'
import type * as browserEntry from '../src/browser.js'
import type * as nodeEntry from '../src/index.js'
import type { Socket } from '../src/index.js'

test('both entries export the types that options and results are made of', () => {
  expectTypeOf<nodeEntry.Encryption | undefined>().toEqualTypeOf<nodeEntry.AstraNetOptions['encryption']>()
  expectTypeOf<nodeEntry.PipeSecurity | undefined>().toEqualTypeOf<nodeEntry.AttachOptions['security']>()
  expectTypeOf<nodeEntry.PipeProtection>().toEqualTypeOf<nodeEntry.RemoteIdentity['security']>()
  expectTypeOf<Socket['remoteIdentity']>().toExtend<nodeEntry.RemoteIdentity | undefined>()
  expectTypeOf<nodeEntry.PolicyFunctions | nodeEntry.PolicyList>().toEqualTypeOf<nodeEntry.Policy>()
  expectTypeOf<nodeEntry.PolicyQuestion>().toExtend<
    { peer: nodeEntry.PolicyPeer; service?: nodeEntry.PolicyService } | { from: nodeEntry.PolicyPeer }
  >()
  expectTypeOf<browserEntry.Encryption>().toEqualTypeOf<nodeEntry.Encryption>()
  expectTypeOf<browserEntry.PipeSecurity>().toEqualTypeOf<nodeEntry.PipeSecurity>()
  expectTypeOf<browserEntry.PipeProtection>().toEqualTypeOf<nodeEntry.PipeProtection>()
  expectTypeOf<browserEntry.AttachOptions>().toEqualTypeOf<nodeEntry.AttachOptions>()
  expectTypeOf<browserEntry.RemoteIdentity>().toEqualTypeOf<nodeEntry.RemoteIdentity>()
  expectTypeOf<browserEntry.PolicyPeer>().toEqualTypeOf<nodeEntry.PolicyPeer>()
  expectTypeOf<browserEntry.PolicyService>().toEqualTypeOf<nodeEntry.PolicyService>()
  expectTypeOf<browserEntry.PolicyFunctions>().toEqualTypeOf<nodeEntry.PolicyFunctions>()
  expectTypeOf<browserEntry.PolicyList>().toEqualTypeOf<nodeEntry.PolicyList>()
})
