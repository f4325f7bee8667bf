import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import type { Split, WindowOptions } from '../../src/data/index.ts'
import { latestWindows, parseCsv, tableOf, type WindowSet, windows, windowsFrom } from '../../src/data/index.ts'

const sales = [35, 32, 45, 48, 41, 39, 36]
const whole: WindowOptions = { target: 'sales', past: 3, horizon: 1, split: [1, 0, 0], scale: 'none' }
const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const seen = (set: WindowSet) =>
  counting(set.count).map((i) => {
    const { x, y } = set.at(i)
    return [Array.from(x.data), Array.from(y.data)]
  })

describe('windows', () => {
  test("the course's example: seven values, three past, one ahead, four windows", () => {
    const { train, validation, test: rest } = windows(tableOf({ sales }), whole)
    expect(seen(train)).toEqual([
      [[35, 32, 45], [48]],
      [[32, 45, 48], [41]],
      [[45, 48, 41], [39]],
      [[48, 41, 39], [36]],
    ])
    expect(train.inputShape).toEqual([3, 1])
    expect(train.targetShape).toEqual([1])
    expect([...train.targets()]).toEqual([48, 41, 39, 36])
    expect(counting(4).map((i) => train.origin(i))).toEqual([2, 3, 4, 5])
    expect([validation.count, rest.count]).toEqual([0, 0])
  })

  test('two columns come step by step, the target apart', () => {
    const table = tableOf({ sales, rain: [0, 1, 0, 0, 1, 1, 0] })
    const { train } = windows(table, { ...whole, inputs: ['rain', 'sales'], horizon: 2 })
    expect(train.inputShape).toEqual([3, 2])
    expect(seen(train)[0]).toEqual([
      [0, 35, 1, 32, 0, 45],
      [48, 41],
    ])
    expect(seen(windows(table, { ...whole, inputs: ['rain'] }).train)[3]).toEqual([[0, 1, 1], [36]])
  })

  test('a window belongs to the part of all its targets; its past may reach back; straddling ones are left out', () => {
    const table = tableOf({ x: counting(20) })
    const data = windows(table, { target: 'x', past: 3, horizon: 2, split: [0.5, 0.25, 0.25], scale: 'none' })
    const ends = (set: WindowSet) => seen(set).map(([past, ahead]) => [past![2], ahead![0], ahead![1]])
    expect(ends(data.train)).toEqual([3, 4, 5, 6, 7, 8].map((t) => [t - 1, t, t + 1]))
    expect(ends(data.validation)).toEqual([10, 11, 12, 13].map((t) => [t - 1, t, t + 1]))
    expect(ends(data.test)).toEqual([15, 16, 17, 18].map((t) => [t - 1, t, t + 1]))
  })

  test('scalers know the train rows alone and bring outputs back', () => {
    const table = tableOf({ x: [2, 4, 4, 4, 5, 5, 7, 9, 100, 200, 300, 400] })
    const data = windows(table, { target: 'x', past: 2, horizon: 1, split: [8 / 12, 2 / 12, 2 / 12] })
    expect(data.spec.scalers).toEqual({ x: { kind: 'standard', shift: 5, scale: 2 } })
    expect(Array.from(data.train.at(0).x.data)).toEqual([-1.5, -0.5])
    expect(Array.from(data.test.at(1).y.data)).toEqual([197.5])
    expect([...data.test.targets()]).toEqual([300, 400])
    expect([...data.test.restore([0, 197.5])]).toEqual([5, 400])
  })

  test('batches are copied into single precision, in the order asked for', () => {
    const { train } = windows(tableOf({ sales }), { ...whole, horizon: 2 })
    const x = new Float32Array(6)
    const y = new Float32Array(4)
    train.fillInputs([2, 0], x)
    train.fillTargets([2, 0], y)
    expect([...x]).toEqual([45, 48, 41, 35, 32, 45])
    expect([...y]).toEqual([39, 36, 48, 41])
  })

  test('rows out of order are sorted by their time', () => {
    const table = tableOf({ day: ['2024-01-03', '2024-01-01', '2024-01-04', '2024-01-02'], sales: [3, 1, 4, 2] })
    const data = windows(table, { ...whole, past: 2 })
    expect(data.sorted).toBe(true)
    expect([...data.table.numbers('sales')]).toEqual([1, 2, 3, 4])
    expect(seen(data.train)).toEqual([
      [[1, 2], [3]],
      [[2, 3], [4]],
    ])
    expect(data.spec.timeColumn).toBe('day')
    expect(windows(data.table, { ...whole, past: 2 }).sorted).toBe(false)
  })

  test('the spec is plain JSON', () => {
    const { spec } = windows(tableOf({ sales }), { ...whole, split: [0.8, 0, 0.2] })
    expect(JSON.parse(JSON.stringify(spec))).toEqual({
      inputs: ['sales'],
      future: [],
      lags: [],
      calendar: [],
      target: 'sales',
      past: 3,
      horizon: 1,
      reads: 'past',
      split: [0.8, 0, 0.2],
      scale: 'none',
      normalise: 'none',
      scalers: { sales: { kind: 'none', shift: 0, scale: 1 } },
    })
  })
})

describe('windows of another table', () => {
  const { spec } = windows(tableOf({ sales }), { ...whole, scale: 'minmax' })

  test('keep the scalers they were trained with', () => {
    const fresh = tableOf({ sales: [32, 48, 64, 80] })
    const data = windowsFrom({ ...spec, split: [0, 0, 1] }, fresh)
    expect(data.train.count).toBe(0)
    expect(seen(data.test)).toEqual([[[0, 1, 2], [3]]])
    expect([...data.test.targets()]).toEqual([80])
  })

  test('refuse a spec without its scaler', () => {
    expect(() => windowsFrom({ ...spec, inputs: ['rain'] }, tableOf({ sales, rain: sales }))).toThrow(
      new InputError("windows: expected a scaler for column 'rain', got those of sales; make the spec with windows()"),
    )
  })

  test('refuse a bad cell by its row in the file, before sorting', () => {
    const { spec: dated } = windows(tableOf({ day: ['2024-01-01', '2024-01-02', '2024-01-03'], x: [1, 2, 3] }), {
      ...whole,
      target: 'x',
      past: 1,
    })
    const table = parseCsv('day,x\n2024-01-03,3\n2024-01-02,\n2024-01-01,1', { name: 'x.csv' })
    expect(() => windowsFrom(dated, table)).toThrow("'x.csv', row 2, column 'x': expected a number, got an empty cell")
  })

  test('the latest window ends with the last row and has no targets', () => {
    const days = ['2024-01-02', '2024-01-01', '2024-01-03', '2024-01-04']
    const { spec: dated } = windows(tableOf({ day: days, sales: [48, 32, 40, 36] }), { ...whole, scale: 'none' })
    const latest = latestWindows(dated, tableOf({ day: days, sales: [2, 1, 3, 4] }))
    const x = new Float64Array(3)
    latest.samples.fillInputs([0], x)
    expect([...x]).toEqual([2, 3, 4])
    expect(latest.samples.count).toBe(1)
    expect(latest.series).toEqual([{ id: '', end: 4, times: Float64Array.of(Date.UTC(2024, 0, 5)) }])
    expect(() => latest.samples.targets()).toThrow(
      new InputError("'table': the targets of window 0 are still to come; only its inputs can be read"),
    )
    expect(latestWindows(spec, tableOf({ sales })).series).toEqual([{ id: '', end: 7 }])
  })

  test('the latest window refuses too few rows', () => {
    expect(() => latestWindows(spec, tableOf({ sales: [1, 2] }, 'x.csv'))).toThrow(
      new InputError("a forecast needs the last 3 rows, 'x.csv' has 2; add the rows before them"),
    )
  })
})

describe('refusals', () => {
  const table = tableOf({ sales, rain: sales, sky: sales.map(() => 'sun') }, 'x.csv')
  const refusal = (options: Partial<WindowOptions>) => expect(() => windows(table, { ...whole, ...options }))

  test.each([0, -1, 2.5, Number.NaN])('a size of %d', (size) => {
    refusal({ past: size }).toThrow(new InputError(`past: expected a whole number of at least 1, got ${size}`))
    refusal({ horizon: size }).toThrow(new InputError(`horizon: expected a whole number of at least 1, got ${size}`))
  })

  test('fewer rows than one window', () => {
    refusal({ past: 28, horizon: 7 }).toThrow(
      new InputError(
        "one window needs at least past + horizon = 35 rows, 'x.csv' has 7; add rows, or give a shorter past or horizon",
      ),
    )
    expect(windows(table, { ...whole, past: 5, horizon: 2 }).train.count).toBe(1)
  })

  test('a part without a window', () => {
    refusal({ split: [0.7, 0.15, 0.15], horizon: 2 }).toThrow(
      new InputError(
        "the validation part is 1 of the 7 rows of 'x.csv', too few for one window: it needs at least 2; " +
          'give it a larger share than 0.15 in split, or a shorter past or horizon',
      ),
    )
    refusal({ split: [0.4, 0.3, 0.3] }).toThrow(
      new InputError(
        "the train part is 3 of the 7 rows of 'x.csv', too few for one window: it needs at least 4; " +
          'give it a larger share than 0.4 in split, or a shorter past or horizon',
      ),
    )
  })

  test.each<[number[]]>([[[0.7, 0.2, 0.2]], [[1.2, -0.1, -0.1]], [[0.7, 0.3]], [[Number.NaN, 0.5, 0.5]]])(
    'a split of %j',
    (split) => {
      refusal({ split: split as unknown as Split }).toThrow(
        new InputError(
          `split: expected three shares of at least 0 that sum to 1, got [${split.join(', ')}]; for example [0.7, 0.15, 0.15]`,
        ),
      )
    },
  )

  test('no train part', () => {
    refusal({ split: [0, 0.5, 0.5] }).toThrow(
      new InputError('split: expected a share for the train part, got 0; for example [0.7, 0.15, 0.15]'),
    )
  })

  test('columns that are unknown, of text, none or twice', () => {
    refusal({ target: 'sale' }).toThrow(new InputError("'x.csv' has no column 'sale'; did you mean 'sales'?"))
    refusal({ inputs: ['rains'] }).toThrow(new InputError("'x.csv' has no column 'rains'; did you mean 'rain'?"))
    refusal({ inputs: ['sky'] }).toThrow(
      new InputError(
        "'x.csv', row 1, column 'sky': expected a number, got 'sun'; the columns of numbers are sales, rain, or take 'sky = sun', which is 1 in the rows that say so and 0 in others",
      ),
    )
    refusal({ inputs: [] }).toThrow(
      new InputError('inputs: expected at least one column, got none; name the target itself'),
    )
    refusal({ inputs: ['rain', 'sales', 'rain'] }).toThrow(
      new InputError("inputs: expected each column once, got 'rain' twice; name it once"),
    )
  })

  test('a target that never changes in training, though it does later', () => {
    const flat = tableOf({ x: [5, 5, 5, 5, 5, 5, 1, 2, 3, 4], y: counting(10) }, 'x.csv')
    const options: WindowOptions = { target: 'x', past: 2, horizon: 1, split: [0.6, 0.2, 0.2] }
    expect(() => windows(flat, options)).toThrow(
      new InputError(
        "'x.csv': column 'x' is the same value 5 in all 6 training rows: there is nothing to learn; " +
          'choose another target or a larger train part',
      ),
    )
    const asInput = windows(flat, { ...options, target: 'y', inputs: ['x'] })
    expect(asInput.spec.scalers.x).toEqual({ kind: 'standard', shift: 5, scale: 1 })
  })

  test('two rows of one time', () => {
    const days = ['2024-01-02', '2024-01-01', '2024-01-03', '2024-01-02']
    expect(() => windows(tableOf({ day: days, sales: [1, 2, 3, 4] }, 'x.csv'), whole)).toThrow(
      new InputError(
        "'x.csv', column 'day': expected each time once, got 2024-01-02 in rows 1 and 4; name the column that tells series " +
          "apart with id (--id), or merge such rows with duplicates: 'first', 'last' or 'mean' (--duplicates mean)",
      ),
    )
  })

  test('a window that is not there', () => {
    const { train } = windows(table, whole)
    for (const i of [-1, 4, 0.5])
      expect(() => train.at(i)).toThrow(new InputError(`window: expected a whole number from 0 to 3, got ${i}`))
  })
})
