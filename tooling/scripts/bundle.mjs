/** The last step of a package's build: makes its `dist/*.js`. Run in the package's folder. */
import { bundlePackage } from './lib/bundle-package.mjs'

await bundlePackage(process.cwd())
