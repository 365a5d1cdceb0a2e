/** An integer that is not read here. */
const UNUSUAL = -1

/**
 * A field that often has the same bytes as in the entry before; then the same object is given again. Where it was read
 * last, and what it says.
 */
export interface RepeatedField<T> {
  start: number
  end: number
  value: T | undefined
}

/** A field that has not been read yet. */
export function repeatedField<T>(): RepeatedField<T> {
  return { start: 0, end: 0, value: undefined }
}

/**
 * Reads fields of entries in the forms that almost all have: integers without a sign, texts of ASCII, short arrays. What
 * has another form is not read but noted in `isUnusual`, for the general decoder. Nothing throws.
 */
export class PlainReader {
  /** Where the next field starts. */
  at = 0
  /** Where the entry ends. */
  end = 0
  /** Whether a field had another form; what was read is of no use then. */
  isUnusual = false
  readonly #bytes: Uint8Array
  #view: DataView | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Begins with an entry. */
  begin(start: number, end: number): void {
    this.at = start
    this.end = end
    this.isUnusual = end > this.#bytes.length
  }

  /** Whether the next byte is `byte`; then it is passed over. */
  skips(byte: number): boolean {
    if (this.at >= this.end || this.#bytes[this.at] !== byte) return false
    this.at++
    return true
  }

  /** Passes over `byte`, which must be next. */
  expect(byte: number): void {
    if (!this.skips(byte)) this.isUnusual = true
  }

  /** The number of items of a short array. */
  count(): number {
    const head = this.at < this.end ? (this.#bytes[this.at] as number) : 0
    if (head < 0x90 || head >= 0xa0) return this.#unusual()
    this.at++
    return head & 0x0f
  }

  /** An integer from 0 to 2^53 - 1. `isShortest`: only in its shortest form. */
  integer(isShortest: boolean = false): number {
    const head = this.at < this.end ? (this.#bytes[this.at] as number) : 0xc1
    if (head < 0x80) {
      this.at++
      return head
    }
    if (head < 0xcc || head > 0xcf) return this.#unusual()
    const size = 1 << (head & 3)
    const start = this.at + 1
    if (start + size > this.end) return this.#unusual()
    let value = 0
    this.at = start + size
    for (let index = start; index < this.at; index++) value = value * 256 + (this.#bytes[index] as number)
    if (value > Number.MAX_SAFE_INTEGER || (isShortest && value < SHORTEST[head & 3]!)) return this.#unusual()
    return value
  }

  /** A number of 0 or more: an integer, or a float of 8 bytes. */
  number(): number {
    if (this.at >= this.end || this.#bytes[this.at] !== 0xcb) return this.integer()
    const start = this.at + 1
    this.at = start + 8
    return this.at > this.end ? this.#unusual() : this.#dataView().getFloat64(start)
  }

  /** A text of ASCII. `isShortest`: only with the shortest head. */
  text(isShortest: boolean = false): string {
    const start = this.#textStart(isShortest)
    return this.isUnusual ? '' : this.#ascii(start)
  }

  /** A text that often repeats. `toValue` is called with one that does not. */
  repeatedText(field: RepeatedField<string>, toValue: (text: string) => string): string {
    const before = this.at
    const start = this.#textStart(false)
    if (this.isUnusual) return ''
    if (field.value !== undefined && this.#isSame(field, before)) return field.value
    return this.#remember(field, before, toValue(this.#ascii(start)))
  }

  /** A short array of texts that often repeats. `toValue` is called with one that does not. */
  repeatedTexts(
    field: RepeatedField<readonly string[]>,
    toValue: (texts: readonly string[]) => readonly string[],
  ): readonly string[] {
    const before = this.at
    const { value, start, end } = field
    if (value !== undefined) {
      this.at = Math.min(before + end - start, this.end)
      // The same bytes are the same array, because no array is the beginning of another one.
      if (this.#isSame(field, before)) return value
      this.at = before
    }
    const texts = this.texts()
    return this.isUnusual ? texts : this.#remember(field, before, toValue(texts))
  }

  /** A short array of texts of ASCII. */
  texts(): string[] {
    const texts: string[] = []
    for (let left = this.count(); left > 0 && !this.isUnusual; left--) texts.push(this.text())
    return texts
  }

  /** A byte array of 8, as an integer. */
  id(): bigint {
    this.expect(0xc4)
    this.expect(8)
    const start = this.at
    this.at = start + 8
    if (!this.isUnusual && this.at <= this.end) return this.#dataView().getBigUint64(start)
    this.isUnusual = true
    return 0n
  }

  /** Passes over the head of a text, and puts `at` behind the text. Returns where the text starts. */
  #textStart(isShortest: boolean): number {
    const bytes = this.#bytes
    const head = this.at < this.end ? (bytes[this.at] as number) : 0
    let start = this.at + 1
    let length = head & 0x1f
    if (head === 0xd9 && start < this.end) {
      length = bytes[start++] as number
      if (isShortest && length < 0x20) return this.#unusual()
    } else if (head < 0xa0 || head >= 0xc0) return this.#unusual()
    this.at = start + length
    return this.at > this.end ? this.#unusual() : start
  }

  /** The text from `start` to `at`. */
  #ascii(start: number): string {
    const length = this.at - start
    if (length === 0) return ''
    const units = new Array<number>(length)
    for (let index = 0; index < length; index++) {
      const byte = this.#bytes[start + index] as number
      if (byte >= 0x80) {
        this.isUnusual = true
        return ''
      }
      units[index] = byte
    }
    return String.fromCharCode(...units)
  }

  /** Whether the bytes from `start` to `at` are those that the field had. */
  #isSame(field: RepeatedField<unknown>, start: number): boolean {
    const length = this.at - start
    if (length !== field.end - field.start) return false
    const bytes = this.#bytes
    for (let index = 0; index < length; index++)
      if (bytes[start + index] !== bytes[field.start + index]) return false
    return true
  }

  #remember<T>(field: RepeatedField<T>, start: number, value: T): T {
    if (this.isUnusual) return value
    field.start = start
    field.end = this.at
    field.value = value
    return value
  }

  #dataView(): DataView {
    const { buffer, byteOffset, length } = this.#bytes
    return (this.#view ??= new DataView(buffer, byteOffset, length))
  }

  #unusual(): typeof UNUSUAL {
    this.isUnusual = true
    return UNUSUAL
  }
}

/** The least value for which 1, 2, 4 or 8 bytes behind the head are the shortest form. */
const SHORTEST: readonly number[] = [0x80, 0x100, 0x1_0000, 0x1_0000_0000]
