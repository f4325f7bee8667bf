/** `npm run example -- NAME …`: builds the package and the examples, then runs one of them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, install, node, root, stop } from './ready.mjs'

const [name, ...args] = process.argv.slice(2)
const names = readdirSync(join(root, 'examples')).flatMap((file) => file.match(/^(.*)\.ts$/)?.[1] ?? [])
if (!names.includes(name))
  stop(`Usage: npm run example -- NAME …, with one of ${names.join(', ')}; NAME --help tells its options.`)
install()
build()
if (!node(['node_modules/typescript/bin/tsc', '-p', 'examples/tsconfig.json'])) stop('The build failed, as above.')
const { main } = await import(pathToFileURL(join(root, `examples/dist/${name}.js`)).href)
try {
  await main(args)
} catch (error) {
  if (error.name !== 'InputError' && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error
  stop(error.message)
}
