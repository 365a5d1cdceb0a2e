import { chromium, type Browser, type Page } from 'playwright-core'

/** Starts the Chromium at the path `CHROMIUM`, headless, without its background traffic. */
export async function startChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM
  if (executablePath === undefined) throw new Error('CHROMIUM must name a Chromium: npm run test:browser')
  const quiet = ['background-networking', 'component-update', 'quic', 'sync'].map(
    (what) => `--disable-${what}`,
  )
  // An attacker's name server would map a name in this way, so that its page can reach this machine.
  const names = '--host-resolver-rules=MAP evil.example 127.0.0.1'
  return await chromium.launch({ executablePath, args: ['--no-sandbox', names, ...quiet] })
}

/** Bytes that the page's JavaScript holds, buffers included, after a garbage collection. */
export async function heldBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const usage: { usedSize: number; backingStorageSize?: number } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usage.usedSize + (usage.backingStorageSize ?? 0)
}
