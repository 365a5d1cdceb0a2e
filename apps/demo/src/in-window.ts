/**
 * Runs `task` for 0 to `count` - 1, up to `width` tasks at a time. When a task fails, the whole call fails and starts
 * no more tasks.
 */
export async function inWindow(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      try {
        await task(index)
      } catch (error) {
        next = count
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}
