import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/** A profile of this process's CPU time is being taken. */
export interface Profiling {
  /** Ends it, and writes it in the form that Chrome's developer tools and VS Code open. */
  write(file: string): Promise<void>
}

/** Starts a profile. Its samples cost CPU time themselves. */
export async function startProfile(): Promise<Profiling> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 500 })
  await session.post('Profiler.start')
  return {
    async write(file: string): Promise<void> {
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      writeFileSync(file, JSON.stringify(profile))
    },
  }
}
