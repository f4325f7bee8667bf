/** `npm run unrolled -- <command> …`: the command line of this checkout, run from the folder the person is in. */
import { unrolled } from './cli.mjs'

// npm moves to the package's root and keeps the person's folder in INIT_CWD; only our own npm script's is meant.
const npm = process.env.npm_lifecycle_event === 'unrolled'
unrolled(process.argv.slice(2), (npm && process.env.INIT_CWD) || process.cwd())
