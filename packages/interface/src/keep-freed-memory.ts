/** Bytes of the block, half of what is kept. glibc adjusts its thresholds for blocks of up to 32 MiB. */
const BLOCK_BYTES = 24 * 2 ** 20

/** The thresholds belong to the process, and so does this flag that they were raised. */
let isDone = false

/**
 * Makes glibc's `malloc` keep up to 48 MiB of what is freed at the end of a heap (each thread that allocates has one),
 * instead of 128 KiB, from the next garbage collection on. Only the first call in a thread has an effect.
 *
 * Node allocates 64 KiB for each chunk that it reads from a socket, and V8 frees them about 32 MiB at a time. glibc gives
 * those pages back to the system at once and then takes them anew, with a page fault for each 4 KiB: up to half of the
 * time that a process spends on receiving. glibc raises its thresholds to the largest separately mapped block that was
 * freed (mallopt(3), `M_MMAP_THRESHOLD`). So one such block is allocated and dropped; it is never written to, so it takes
 * no memory. From then on blocks up to that size come from the heap, as in any program that has freed such a block.
 *
 * To give memory back instead, pass `memory: 'lean'` to everything that makes sockets in the process (a node, transports,
 * `fromNodeDuplex`), or set `MALLOC_TRIM_THRESHOLD_=131072` in the environment of the process, which takes precedence.
 * Other allocators are not affected.
 */
export function keepFreedMemory(): void {
  if (isDone) return
  isDone = true
  try {
    void new ArrayBuffer(BLOCK_BYTES)
  } catch {
    // The address space is too small. Receiving goes on at its former speed.
  }
}
