import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError, suggestion } from '../base/errors.ts'
import type { Config } from '../tasks/config.ts'
import { type OptionKind, optionNames, optionTable } from '../tasks/option-table.ts'

/** Where a config is looked for. */
const names = ['unrolled.config.ts', 'unrolled.config.mts', 'unrolled.config.js', 'unrolled.config.mjs']

/** What holds an option, by its kind. */
const holds: Readonly<Record<OptionKind, readonly string[]>> = {
  ...{ text: ['string'], name: ['string'], columns: ['list'], numbers: ['list'] },
  ...{ whole: ['number'], number: ['number'], switch: ['boolean'], split: ['list', 'object'] },
}

/** What a config may hold. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  ...{ data: ['string'], sql: ['string'], url: ['string'], timezone: ['string'], out: ['string'] },
  ...Object.fromEntries(optionNames.map((name) => [name, holds[optionTable[name].kind]])),
  sweep: ['object'],
}

/**
 * The config of a folder, with its paths as seen from there; nothing where there is none.
 * @param path a file in place of the folder's own
 * @throws InputError when the file is missing, does not run, or holds what is unknown or of another kind
 */
export async function readConfig(path?: string): Promise<Config> {
  const file = path ?? names.find((name) => existsSync(name))
  if (file === undefined) return {}
  if (!existsSync(file)) throw new InputError(`--config: there is no file '${file}'; unrolled init writes one`)
  const config = await runConfig(file)
  checkConfig(config, file)
  const beside = (other: string) => relative('.', resolve(dirname(file), other))
  return {
    ...config,
    ...(config.data === undefined ? {} : { data: beside(config.data) }),
    ...(config.out === undefined ? {} : { out: beside(config.out) }),
  }
}

/** What a config exports; TypeScript runs as it is, on any Node. */
async function runConfig(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  // Our own, where the config's folder has no package of its own.
  const jiti = createJiti(import.meta.url, {
    alias: { unrolled: fileURLToPath(new URL('../index.js', import.meta.url)) },
  })
  try {
    return await jiti.import(resolve(file), { default: true })
  } catch (error) {
    throw new InputError(`${file}: it does not run: ${error instanceof Error ? error.message : error}`)
  }
}

function checkConfig(config: unknown, file: string): asserts config is Config {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new InputError(`${file}: expected export default defineConfig({ … }), got ${JSON.stringify(config)}`)
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(kinds, key))
      throw new InputError(
        `${file}: there is no option '${key}'${suggestion(key, Object.keys(kinds)) || ` (${Object.keys(kinds).join(', ')})`}`,
      )
    const expected = kinds[key]!
    if (!expected.includes(Array.isArray(value) ? 'list' : typeof value))
      throw new InputError(`${file}: ${key}: expected a ${expected.join(' or a ')}, got ${JSON.stringify(value)}`)
  }
}
