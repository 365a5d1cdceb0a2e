/** Something that can be shut for a while; whoever comes meanwhile waits. */
export class Gate {
  /** Resolves when it is open. */
  open: Promise<void> = Promise.resolve()
  #letThrough: () => void = () => undefined

  /** Opens or shuts it. */
  set(isOpen: boolean): void {
    this.#letThrough()
    this.#letThrough = () => undefined
    this.open = isOpen ? Promise.resolve() : new Promise((resolve) => (this.#letThrough = resolve))
  }
}
