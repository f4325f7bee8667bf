import { writeFileSync } from 'node:fs'

/** A Vitest reporter: writes how many tests passed, failed and were skipped (with the reasons) to UNROLLED_TOTALS. */
export default class Totals {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state) => tests.filter((test) => test.result().state === state)
    // A file that does not load has no tests to fail: it counts as one.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length
    const skipped = inState('skipped').map((test) => `${test.fullName}: ${test.result().note ?? 'no reason given'}`)
    const totals = { passed: inState('passed').length, failed: inState('failed').length + broken, skipped }
    writeFileSync(process.env.UNROLLED_TOTALS, JSON.stringify(totals))
  }
}
