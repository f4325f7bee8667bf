import { readFileSync } from 'node:fs'

/** The version of this package, from the package.json two folders above in source and in what is published. */
export const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
