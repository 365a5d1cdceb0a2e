/** Resolves when the number has stayed the same for a while. */
export async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read();) {
    before = read()
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Resolves when the condition holds, looking once per turn of the event loop. */
export async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve))
}
