/** Settings of glibc's malloc in the measured processes. */
export type MallocName = 'default' | 'tuned'

/**
 * The environment of each setting. Node allocates 64 KiB for each chunk that it reads. With `tuned`, glibc keeps such
 * pages; otherwise it returns them to the system and requests them again.
 */
export const mallocEnvironments: Readonly<Record<MallocName, Readonly<Record<string, string>>>> = {
  default: {},
  tuned: {
    MALLOC_TRIM_THRESHOLD_: '1000000000',
    MALLOC_MMAP_THRESHOLD_: '1000000000',
    MALLOC_TOP_PAD_: '67108864',
  },
}

/** The settings' names. */
export const mallocNames: readonly MallocName[] = ['default', 'tuned']
