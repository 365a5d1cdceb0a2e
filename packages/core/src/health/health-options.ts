/**
 * Whether a service is well. `signal` aborts when the time is over and when the listener closes: end what was begun
 * then. Anything but true counts as failing, an error included. Called in the async context of `bind`, and never while an
 * earlier call has not answered.
 */
export type HealthCheckFunction = (signal: AbortSignal) => boolean | Promise<boolean>

/** How often a service is checked, and how many results change its state. */
export interface HealthTiming {
  /**
   * From the start of one check to the start of the next, in ms, 100 to 2^31 - 1, and up to 10 % less; later when a
   * check takes longer. Default 2,000, as in HAProxy: with `fall` 3 an instance that fails is known as failing within
   * 6 s. Raise it for checks that cost something.
   */
  intervalMs?: number
  /** How long a check may take, in ms, 1 to 2^31 - 1; then it has failed. Default 2,000. */
  timeoutMs?: number
  /** How many good results in a row make a failing service pass, 1 to 1,000. Default 2. */
  rise?: number
  /** How many bad results in a row make a passing service fail, 1 to 1,000. Default 3. */
  fall?: number
}

/** A check by a function of the program. */
export interface HealthByFunction extends HealthTiming {
  check: HealthCheckFunction
}

/** A check by connecting: good when the connection is there. It is closed at once. Not in browsers. */
export interface HealthByTcp extends HealthTiming {
  /** `host:port`, with brackets around an IPv6 address. */
  tcp: string
}

/**
 * A check by a GET: good when the status is the expected one. Redirects are not followed, and the body is not read. In
 * browsers by `fetch`, so the server must allow the page's origin.
 */
export interface HealthByHttp extends HealthTiming {
  /** `http:` or `https:`, without a user name and password. */
  http: string
  /** A status from 100 to 599, or the first and the last of a range. Default `[200, 299]`. */
  expectedStatus?: number | readonly [from: number, to: number]
}

/**
 * How the health of a bound service is found out. Until the first result it counts as passing, and that result decides
 * alone; after it `rise` and `fall` do. A service that fails stays listed, marked as failing, and is chosen only when
 * all instances of its name fail.
 */
export type HealthOptions = HealthByFunction | HealthByTcp | HealthByHttp
