/** `npm run build`: installs what is missing and compiles src into dist. */
import { build, install } from './ready.mjs'

install()
build()
