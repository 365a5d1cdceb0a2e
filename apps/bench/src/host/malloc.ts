/** How glibc's malloc is set up in the processes that are measured. */
export type MallocName = 'default' | 'tuned'

/**
 * The environment of each setting. Node allocates 64 KiB for each chunk that it reads; `tuned` has glibc keep such pages
 * where it otherwise gives them back to the system and asks for them again.
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
