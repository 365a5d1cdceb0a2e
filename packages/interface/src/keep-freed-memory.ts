/** Bytes of the block; glibc heeds blocks of up to 32 MiB. Half of what is kept. */
const BLOCK_BYTES = 24 * 2 ** 20

/** Malloc's thresholds belong to the process, and so does the memory of having moved them. */
let isDone = false

/**
 * Has glibc's `malloc` keep up to 48 MiB of what is freed at the end of a heap (there is one for each thread that
 * allocates), instead of 128 KiB, from the next garbage collection on. The first call in a thread does it.
 *
 * Node allocates 64 KiB for each chunk that it reads from a socket, and V8 frees them about 32 MiB at a time. glibc gives
 * those pages back to the system at once and then takes them anew, with a page fault for each 4 KiB: up to half of the
 * time that a process spends on receiving much. Its thresholds follow the largest block that was mapped by itself and
 * freed (mallopt(3), `M_MMAP_THRESHOLD`), so one such block, which nobody writes to and which is therefore not in memory,
 * is made and dropped. Blocks up to that size come from the heap then, like any program's that has freed one so large.
 *
 * Who wants memory given back instead says `memory: 'lean'` to whatever makes sockets in the process (a node, transports,
 * `fromNodeDuplex`), or, for all of it, `MALLOC_TRIM_THRESHOLD_=131072` in its environment: malloc's thresholds there decide.
 * Other allocators do not mind.
 */
export function keepFreedMemory(): void {
  if (isDone) return
  isDone = true
  try {
    void new ArrayBuffer(BLOCK_BYTES)
  } catch {
    // There is not so much address space. Receiving goes on as fast as it did.
  }
}
