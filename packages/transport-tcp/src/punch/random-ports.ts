/** NATs give connections ports from here on: those below are for services. */
const FIRST_PORT = 1_024
const PORTS = 0x1_0000 - FIRST_PORT

/** Draws the ports from 1,024 to 65,535 in random order, each once. Memory: 128 KiB. */
export class RandomPorts {
  readonly #ports: Uint16Array = Uint16Array.from({ length: PORTS }, (_, index) => FIRST_PORT + index)
  readonly #random: () => number
  #taken = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** The next port. After the last one it begins again. */
  take(): number {
    const at = this.#taken
    this.#taken = (at + 1) % PORTS
    const other = at + Math.floor(this.#random() * (PORTS - at))
    const [one = 0, drawn = 0] = [this.#ports[at], this.#ports[other]]
    this.#ports[other] = one
    this.#ports[at] = drawn
    return drawn
  }
}
