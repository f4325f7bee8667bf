import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Distribution } from '../../src/tasks/heads/distribution.ts'
import { normal } from '../../src/tasks/heads/gaussian.ts'
import { logNormals } from '../../src/tasks/heads/mixture.ts'
import { negativeBinomialOf } from '../../src/tasks/heads/negative-binomial.ts'
import { student } from '../../src/tasks/heads/student-t.ts'

interface Golden {
  readonly name: string
  readonly parameters: readonly number[]
  readonly quantiles: readonly (readonly [p: number, value: number])[]
  readonly at: readonly (readonly [y: number, logDensity: number, crps: number])[]
}

const { cases }: { cases: Golden[] } = JSON.parse(
  readFileSync(new URL('scipy-distributions.json', import.meta.url), 'utf8'),
)
const made: Readonly<Record<string, (a: number, b: number, c: number) => Distribution>> = {
  gaussian: normal,
  studentT: student,
  negativeBinomial: negativeBinomialOf,
  logNormal: (mean, deviation) => logNormals([{ weight: 1, mean, deviation }]),
}
/** How far a number is from another, of which it is a share, or from 1. */
const apart = (actual: number, expected: number) => Math.abs(actual - expected) / Math.max(1, Math.abs(expected))

test('the file holds every distribution', () => {
  expect([...new Set(cases.map(({ name }) => name))].sort()).toEqual(Object.keys(made).sort())
})

describe.each(cases)("SciPy's $name of $parameters", ({ name, parameters, quantiles, at }) => {
  const [a, b, c] = parameters
  const distribution = made[name]!(a!, b!, c!)

  test.each(quantiles)('quantile %d', (p, value) => {
    expect(apart(distribution.quantile(p), value)).toBeLessThan(1e-8)
  })

  test.each(at)('log density and CRPS at %d', (y, logDensity, crps) => {
    expect(apart(distribution.logDensity(y), logDensity)).toBeLessThan(1e-8)
    // In closed form or added up to the last digits; of a log-normal mixture on a grid of quantiles.
    expect(apart(distribution.crps(y), crps)).toBeLessThan(name === 'logNormal' ? 1e-4 : 1e-8)
  })
})
