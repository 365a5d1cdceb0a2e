/** A script cannot go on, for a reason that it can name. */
export class Failure extends Error {
  /**
   * @param {string} message what failed
   * @param {string} next what the person at the keyboard can do about it
   * @param {number} [exitCode] of this process; a child's code is passed on, so that a signal stays recognisable
   */
  constructor(message, next, exitCode = 1) {
    super(message)
    this.next = next
    this.exitCode = exitCode
  }
}
