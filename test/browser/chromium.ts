import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** A Chromium: UNROLLED_CHROMIUM, or one in a usual place. */
export const executable: string | undefined = process.env.UNROLLED_CHROMIUM ?? places.find((path) => existsSync(path))

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable!, args: ['--no-sandbox'], headless: true })

/** Cores that pages are told of, whatever the machine has. */
export const cores = 3

/** Opens a page and waits until it is titled `ready`; `errors` fills with whatever its console calls an error. */
export async function open(browser: Browser, url: string): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.addInitScript(`Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${cores} })`)
  await page.goto(url)
  await page
    .waitForFunction(() => document.title === 'ready', undefined, { timeout: 20_000 })
    .catch((error) => {
      throw new Error(`the page did not come up: ${errors.join('; ') || error}`)
    })
  return { page, errors }
}
