import { AstraError, onAbort, systemClock, type DialOptions } from '@astranet/interface'
import { checkDialTimeout } from '@astranet/interface/transport-tools'

/** How a dial finishes; the first call counts. */
export interface Dialing<T> {
  resolve(connection: T): void
  reject(error: unknown): void
}

/**
 * Runs `begin`, which finishes the dial and returns a function that gives it up. The dial is given up when the signal aborts
 * or the time is over. `name` is what is dialed.
 */
export async function dialRace<T>(
  name: string,
  options: DialOptions,
  begin: (dialing: Dialing<T>) => () => void,
): Promise<T> {
  const timeoutMs = checkDialTimeout(options.timeoutMs)
  const { signal } = options
  signal?.throwIfAborted()
  let cleanUp = (): void => {}
  const dialed = new Promise<T>((resolve, reject) => {
    let isFinished = false
    const finish = (act: () => void): void => {
      if (isFinished) return
      isFinished = true
      cleanUp()
      act()
    }
    const giveUp = begin({
      resolve: (connection) => finish(() => resolve(connection)),
      reject: (error) => finish(() => reject(error as Error)),
    })
    const fail = (error: unknown): void =>
      finish(() => {
        reject(error as Error)
        giveUp()
      })
    const message = `Dialing ${name} took longer than ${timeoutMs} ms.`
    const timer =
      timeoutMs > 0
        ? systemClock.setTimer(timeoutMs, () => fail(new AstraError('ETIMEDOUT', message)))
        : undefined
    const ignoreSignal = onAbort(signal, () => fail(signal?.reason))
    cleanUp = () => {
      timer?.cancel()
      ignoreSignal()
    }
  })
  return dialed
}
