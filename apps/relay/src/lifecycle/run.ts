import { formatNodeId } from '@astranet/core'
import { AdminServer } from '../admin/admin-server.js'
import type { Settings } from '../arguments/settings.js'
import { ExitCode } from '../failure.js'
import type { Logger } from '../log/logger.js'
import { RelayMetrics } from '../metrics/relay-metrics.js'
import { readInputs } from '../node/inputs.js'
import { Relay } from '../node/relay.js'
import { VERSION } from '../version.js'
import { onLeaveSignal, type LeaveSignal } from './signals.js'

/** Runs the relay until a signal asks it to leave; resolves with the exit code. Throws a `Failure`. */
export async function run(settings: Settings, log: Logger): Promise<number> {
  const startedAtMs = Date.now()
  const leaving = new Promise<LeaveSignal>(onLeaveSignal)
  const inputs = await readInputs(settings)
  for (const warning of inputs.warnings) log.warn({ event: 'warning' }, warning)
  const relay = await Relay.create(settings, inputs, log)
  const node = formatNodeId(relay.nodeId)
  log.info({ event: 'started', node, version: VERSION }, `relay ${node}, version ${VERSION}`)
  let admin: AdminServer | undefined
  try {
    admin = await startAdmin(settings, { relay, log, startedAtMs })
    const failing = new Promise<never>((_, reject) => void relay.start(reject).catch(reject))
    const signal = await Promise.race([leaving, failing])
    await leave(relay, signal, { settings, log })
    return ExitCode.DONE
  } finally {
    await Promise.all([relay.close(0), admin?.close()])
  }
}

interface Starting {
  readonly relay: Relay
  readonly log: Logger
  readonly startedAtMs: number
}

async function startAdmin(
  { admin }: Settings,
  { relay, log, startedAtMs }: Starting,
): Promise<AdminServer | undefined> {
  if (admin === undefined) return undefined
  const metrics = new RelayMetrics()
  const source = {
    state: () => relay.state,
    snapshot: () => relay.snapshot(),
    measure: () => relay.measure(),
    metrics: metrics.text.bind(metrics),
    startedAtMs,
  }
  const server = await AdminServer.listen(admin, source, log)
  const { url } = server
  log.info({ event: 'admin', url }, `admin: ${url}/status, /metrics, /healthz, /readyz`)
  return server
}

/** The admin server answers meanwhile, so `/readyz` shows it. */
async function leave(
  relay: Relay,
  signal: LeaveSignal,
  { settings: { drainMs }, log }: { settings: Settings; log: Logger },
): Promise<void> {
  const text = `${signal}: leaves, and waits up to ${drainMs / 1_000} s for open streams; a second signal ends it at once`
  log.info({ event: 'leaving', signal, drainMs }, text)
  const startedAt = performance.now()
  await relay.close(drainMs)
  const elapsedMs = Math.round(performance.now() - startedAt)
  log.info({ event: 'left-network', elapsedMs }, `has left after ${elapsedMs} ms`)
}
