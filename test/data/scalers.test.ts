import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { fitScaler, restored, type ScalerKind, scaled } from '../../src/data/index.ts'

const kinds: ScalerKind[] = ['standard', 'minmax', 'none']
const values = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 })
  .map((list) => Float64Array.from(list))

describe('scalers', () => {
  test('standard has mean 0 and deviation 1', () => {
    const scaler = fitScaler('standard', Float64Array.of(2, 4, 4, 4, 5, 5, 7, 9))
    expect(scaler).toEqual({ kind: 'standard', shift: 5, scale: 2 })
    expect([...scaled(scaler, [5, 9, 1])]).toEqual([0, 2, -2])
  })

  test('minmax reaches from 0 to 1', () => {
    const scaler = fitScaler('minmax', Float64Array.of(-10, 0, 30))
    expect(scaler).toEqual({ kind: 'minmax', shift: -10, scale: 40 })
    expect([...scaled(scaler, [-10, 0, 30, 70])]).toEqual([0, 0.25, 1, 2])
  })

  test('none leaves values as they are', () => {
    expect([...scaled(fitScaler('none', Float64Array.of(1, 2)), [3, -4])]).toEqual([3, -4])
  })

  test.each(kinds)('%s never divides a column by zero', (kind) => {
    for (const constant of [Float64Array.of(0.1, 0.1, 0.1), Float64Array.of(7), Float64Array.of(1e-200, 2e-200)])
      expect([...scaled(fitScaler(kind, constant), constant)].every(Number.isFinite)).toBe(true)
    expect(fitScaler(kind, Float64Array.of(0.1, 0.1, 0.1)).scale).toBe(1)
  })

  test('restoring undoes scaling, also after a trip through JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), values, values, (kind, known, others) => {
        const scaler = fitScaler(kind, known)
        const back = restored(JSON.parse(JSON.stringify(scaler)), scaled(scaler, others))
        const size = Math.max(1, Math.abs(scaler.shift), ...others.map(Math.abs))
        back.forEach((value, i) => {
          expect(Math.abs(value - others[i]!)).toBeLessThanOrEqual(1e-14 * size)
        })
      }),
    )
  })

  test('a column that varies by less than numbers can be divided by is not divided', () => {
    for (const kind of ['standard', 'minmax'] as const) {
      const scaler = fitScaler(kind, Float64Array.of(0, 5e-324, 1e-200))
      expect(scaler.scale).toBe(1)
      expect([...restored(scaler, scaled(scaler, [3, -1e6]))]).toEqual([3, -1e6])
    }
  })

  test('refuses an unknown kind', () => {
    expect(() => fitScaler('standart' as ScalerKind, Float64Array.of(1, 2))).toThrow(
      new InputError('scale: expected one of standard, minmax, mean, none, got "standart"; did you mean \'standard\'?'),
    )
  })
})
