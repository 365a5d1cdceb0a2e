/** A gate that can be closed for a while; callers wait for {@link Gate.open} meanwhile. */
export class Gate {
  /** Resolves when the gate is open. */
  open: Promise<void> = Promise.resolve()
  #letThrough: () => void = () => undefined

  /** Opens or closes the gate. */
  set(isOpen: boolean): void {
    this.#letThrough()
    this.#letThrough = () => undefined
    this.open = isOpen ? Promise.resolve() : new Promise((resolve) => (this.#letThrough = resolve))
  }
}
