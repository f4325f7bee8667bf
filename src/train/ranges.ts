import { InputError } from '../base/errors.ts'

type Numbers = Readonly<Record<string, number>>

function expectEach(where: string, numbers: Numbers, wanted: string, holds: (value: number) => boolean): void {
  for (const [name, value] of Object.entries(numbers))
    if (!(Number.isFinite(value) && holds(value)))
      throw new InputError(`${where}: ${name}: expected ${wanted}, got ${value}`)
}

/** Refuses numbers by name that are not above 0. @throws InputError */
export const expectPositive = (where: string, numbers: Numbers, what = 'a number'): void =>
  expectEach(where, numbers, `${what} above 0`, (value) => value > 0)

/** Refuses numbers by name that are below 0. @throws InputError */
export const expectNotNegative = (where: string, numbers: Numbers, what = 'a number'): void =>
  expectEach(where, numbers, `${what} of at least 0`, (value) => value >= 0)

/** Refuses numbers by name that are not from 0 to below 1. @throws InputError */
export const expectShares = (where: string, numbers: Numbers, what = 'a decay'): void =>
  expectEach(where, numbers, `${what} of at least 0 and below 1`, (value) => value >= 0 && value < 1)
