import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError, suggestion } from '../base/errors.ts'
import type { Config } from '../tasks/config.ts'

/** Where a config is looked for. */
const names = ['unrolled.config.ts', 'unrolled.config.mts', 'unrolled.config.js', 'unrolled.config.mjs']

/** What a config may hold; one that is missing here does not compile. */
const kinds: { readonly [Key in keyof Required<Config>]: 'number' | 'string' | 'list' | 'object' } = {
  ...{ data: 'string', out: 'string', target: 'string', unit: 'string', inputs: 'list' },
  ...{ past: 'number', horizon: 'number', cell: 'string', hidden: 'number', layers: 'number', epochs: 'number' },
  ...{ batch: 'number', accumulate: 'number', optimizer: 'string', learningRate: 'number', schedule: 'string' },
  ...{ keep: 'string', warmup: 'number', weightDecay: 'number', clipNorm: 'number', patience: 'number' },
  ...{ seed: 'number', split: 'list', scale: 'string', sweep: 'object' },
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
        `${file}: there is no option '${key}'${suggestion(key, Object.keys(kinds))} (${Object.keys(kinds).join(', ')})`,
      )
    const kind = kinds[key as keyof Config]
    if (kind === 'list' ? !Array.isArray(value) : typeof value !== kind)
      throw new InputError(`${file}: ${key}: expected a ${kind}, got ${JSON.stringify(value)}`)
  }
}
