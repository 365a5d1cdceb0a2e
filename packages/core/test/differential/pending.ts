/** Seeds that differ in something else, with what is to be mended. They are expected to differ, so that none stays here. */
export const PENDING_SEEDS: Readonly<Record<number, string>> = {
  56: "'drain' comes to a socket that echoes to a peer that has gone",
  179: 'writableNeedDrain stays true after a large write when a corked one waits',
  397: "an 'end' listener that throws keeps a write that waits for the end waiting for 2 s",
  228: "'drain' comes to a socket that echoes to a peer that has gone",
}
