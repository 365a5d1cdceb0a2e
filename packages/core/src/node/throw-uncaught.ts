/**
 * Makes an error of the program's own callback an uncaught exception, as an error of an event listener is. The node goes
 * on: nothing of it depends on what the callback did.
 */
export function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
