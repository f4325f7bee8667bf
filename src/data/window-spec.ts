import { calendarFeatures } from './calendar.ts'
import { levels } from './normalise.ts'
import type { Scaler } from './scalers.ts'
import type { WindowSpec } from './window-source.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown, holds: (item: unknown) => boolean) => Array.isArray(value) && value.every(holds)
const isText = (value: unknown): value is string => typeof value === 'string'
const isWhole = (value: unknown, least = 0) => Number.isSafeInteger(value) && (value as number) >= least
const isOf = (value: unknown, holds: (item: unknown) => boolean) => isRecord(value) && Object.values(value).every(holds)
const isAbsentOr = (value: unknown, holds: (item: unknown) => boolean) => value === undefined || holds(value)

const isScaler = (value: unknown): value is Scaler =>
  isRecord(value) && Number.isFinite(value.shift) && Number.isFinite(value.scale) && value.scale !== 0

const isSplit = (value: unknown) =>
  isList(value, Number.isFinite) || (isRecord(value) && isWhole(value.validation) && isWhole(value.test))

/** What each part of a spec has to be; one that is missing here does not compile. */
const parts: { readonly [Part in keyof Required<WindowSpec>]: (value: unknown) => boolean } = {
  inputs: (value) => isList(value, isText),
  future: (value) => isList(value, isText),
  lags: (value) => isList(value, (lag) => isWhole(lag, 1)),
  calendar: (value) => isList(value, (item) => calendarFeatures.includes(item as never)),
  target: isText,
  past: (value) => isWhole(value, 1),
  horizon: (value) => isWhole(value, 1),
  reads: (value) => ['past', 'known', 'all'].includes(value as string),
  split: isSplit,
  scale: isText,
  normalise: (value) => Object.hasOwn(levels, value as string),
  scalers: (value) => isOf(value, isScaler),
  bySeries: (value) => isAbsentOr(value, (all) => isOf(all, (own) => isOf(own, isScaler))),
  answers: (value) =>
    isAbsentOr(
      value,
      (both) =>
        isRecord(both) && isScaler(both.all) && isAbsentOr(both.bySeries, (bySeries) => isOf(bySeries, isScaler)),
    ),
  timeColumn: (value) => isAbsentOr(value, isText),
  id: (value) => isAbsentOr(value, isText),
  time: (value) => isAbsentOr(value, isText),
  missing: (value) => isAbsentOr(value, isText),
  duplicates: (value) => isAbsentOr(value, isText),
}

/** Whether something read from a file is what windows are made of. */
export const isWindowSpec = (value: unknown): value is WindowSpec =>
  isRecord(value) && Object.entries(parts).every(([part, holds]) => holds(value[part]))
