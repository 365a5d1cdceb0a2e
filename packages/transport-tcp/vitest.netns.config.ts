import { mergeConfig } from 'vitest/config'
import { netns } from '../../vitest.netns.shared.js'

export default mergeConfig(netns, { test: { name: 'transport-tcp-netns' } })
