/**
 * Why `version` of Node cannot be used, as a sentence, or `undefined` when it can.
 *
 * @param {string} version for example `20.19.1`
 * @param {string} range `>=` and a version, as in `engines.node`; nothing else is understood
 * @returns {string | undefined}
 */
export function unsupportedNode(version, range) {
  const [wantedMajor = 0, wantedMinor = 0] = range.replace('>=', '').split('.').map(Number)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined
  return `AstraNet needs Node ${wantedMajor}.${wantedMinor} or newer and this is Node ${version}: install a newer one from https://nodejs.org and run the same command again.`
}
