import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What systems call it. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * Where Chromium is on this machine: what the variable `CHROMIUM` says, otherwise the first of the known names on the
 * PATH.
 *
 * @returns {string | undefined}
 */
export function findChromium() {
  const { CHROMIUM, PATH = '' } = process.env
  if (CHROMIUM) return CHROMIUM
  const candidates = names.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)))
  return candidates.find(isExecutable)
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
