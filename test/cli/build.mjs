/** Before the tests: the command line runs as people run it, compiled. */
export { build as setup } from '../../scripts/ready.mjs'
