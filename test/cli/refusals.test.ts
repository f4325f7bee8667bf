import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { builtInCells } from '../../src/cells/index.ts'
import { type Answer, scratch, tiny, unrolled, weatherCsv } from './unrolled.ts'

const folder = scratch()
const at = (...path: string[]) => join(folder.path, ...path)
const call = (...args: string[]) => unrolled(folder.path, args)

/** One line on stderr, nothing on stdout, exit code 2. */
const refusal = (sentence: string): Answer => ({ code: 2, stdout: '', stderr: `${sentence}\n` })

const lines = weatherCsv().split('\n')
const header = lines[0]!
const withLine = (row: number, cells: string) => lines.with(row, cells).join('\n')

beforeAll(async () => {
  await folder.write('weather.csv', lines.join('\n'))
})

describe('data that cannot be trained on, with no run folder left', () => {
  const target = ['--target', 'warmth']
  const cases: { name: string; text?: string; flags?: string[]; sentence: string }[] = [
    { name: 'none.csv', sentence: "no such file: 'none.csv'; check the path" },
    { name: 'weathr.csv', sentence: "no such file: 'weathr.csv'; did you mean 'weather.csv'?" },
    { name: '.', sentence: "'.' is a folder, expected a file of a table; name a file inside it" },
    {
      name: 'empty.csv',
      text: '',
      sentence: "'empty.csv' is empty; expected a header row with the column names and rows of data below it",
    },
    {
      name: 'header.csv',
      text: `${header}\n`,
      sentence: "'header.csv' has a header but no rows; expected at least one row of data below it",
    },
    {
      name: 'weather.csv',
      flags: ['--target', 'warmht'],
      sentence: "'weather.csv' has no column 'warmht'; did you mean 'warmth'?",
    },
    {
      name: 'weather.csv',
      flags: [...target, '--split', '0.8,0.1,0.05,0.05'],
      sentence:
        "--split: expected three shares such as 0.7,0.15,0.15, or the rows of validation and test such as 365,365, got '0.8,0.1,0.05,0.05'",
    },
    {
      name: 'weather.csv',
      flags: [...target, '--split', '0.8,some,0.1'],
      sentence: "--split: expected a number, got 'some'",
    },
    {
      name: 'weather.csv',
      flags: [...target, '--inputs', 'warmth,rian'],
      sentence: "'weather.csv' has no column 'rian'; did you mean 'rain'?",
    },
    {
      name: 'weather.csv',
      flags: ['--target', 'temperature'],
      sentence: "'weather.csv' has no column 'temperature'; its columns are date, warmth, rain, sky",
    },
    {
      name: 'word.csv',
      text: withLine(57, '2023-02-26,mild,0.3,sun'),
      sentence:
        "'word.csv', row 57, column 'warmth': expected a number, got 'mild'; correct the cell, or leave such rows out (--where 'warmth != mild')",
    },
    {
      name: 'hole.csv',
      text: withLine(57, '2023-02-26,11.2,,sun'),
      flags: [...target, '--inputs', 'warmth,rain'],
      sentence:
        "'hole.csv', row 57, column 'rain': expected a number, got an empty cell; complete the cells, or choose how to fill them with missing: 'previous', 'linear', 'zero' or 'skip' (--missing previous)",
    },
    {
      name: 'weather.csv',
      flags: ['--target', 'sky'],
      sentence:
        "'weather.csv', row 1, column 'sky': expected a number, got 'rain'; the columns of numbers are warmth, rain, or take 'sky = rain', which is 1 in the rows that say so and 0 in others",
    },
    {
      name: 'short.csv',
      text: lines.slice(0, 10).join('\n'),
      sentence:
        "one window needs at least past + horizon = 10 rows, 'short.csv' has 9; add rows, or give a shorter past or horizon",
    },
    {
      name: 'same.csv',
      text: [header, ...lines.slice(1, -1).map((line) => line.replace(/,[\d.]+,/, ',5,'))].join('\n'),
      sentence:
        "'same.csv': column 'warmth' is the same value 5 in all 112 training rows: there is nothing to learn; " +
        'choose another target or a larger train part',
    },
    {
      name: 'twice.csv',
      text: withLine(2, lines[1]!),
      sentence:
        "'twice.csv', column 'date': expected each time once, got 2023-01-01 in rows 1 and 2; name the column that tells " +
        "series apart with id (--id), or merge such rows with duplicates: 'first', 'last' or 'mean' (--duplicates mean)",
    },
  ]
  test.each(cases.map((each) => [each.sentence, each] as const))(
    '%s',
    async (sentence, { name, text, flags = target }) => {
      if (text !== undefined) await folder.write(name, text)
      expect(await call('train', name, ...tiny, ...flags)).toEqual(refusal(sentence))
      expect(await readdir(folder.path)).not.toContain('runs')
    },
  )
})

/** What the command line trains: a projection has a size that it does not ask for. */
const unprojected = [...builtInCells.keys()].filter((name) => name !== 'projectedLstm')

describe('flags that cannot be, with no run folder left', () => {
  test.each<[string, string]>([
    ['--past 0', 'past: expected a whole number of at least 1, got 0'],
    ['--past ten', "--past: expected a number, got 'ten'"],
    ['--past 2.5', 'past: expected a whole number of at least 1, got 2.5'],
    ['--horizon -3', 'horizon: expected a whole number of at least 1, got -3'],
    ['--hidden 0', 'hidden: expected a whole number of at least 1, got 0'],
    ['--layers 0', 'layers: expected a whole number of at least 1, got 0'],
    ['--epochs 0', 'epochs: expected a whole number of at least 1, got 0'],
    ['--batch 0', 'batch: expected a whole number of at least 1, got 0'],
    ['--seed 1.5', 'seed: expected a whole number, got 1.5'],
    ['--learning-rate 0', 'constant: rate: expected a learning rate above 0, got 0'],
    ['--inputs ,', 'inputs: expected at least one column, got none; name the target itself'],
    ['--cell lstn', `cell: no cell 'lstn'; did you mean 'lstm'? (known: ${unprojected.join(', ')})`],
    [
      '--cell projectedLstm',
      "cell: 'projectedLstm' needs the size of its projection, which only code can give it " +
        `(recurrent(cells.projectedLstm, 4, { projection: … })); take one of ${unprojected.join(', ')}`,
    ],
    ['--out weather.csv', "--out: expected a folder, but 'weather.csv' is a file; choose another name"],
    [
      '--optimizer adamw',
      'optimizer: expected one of adam, adamW, rmsprop, adagrad, sgd, got "adamw"; did you mean \'adamW\'?',
    ],
    ['--schedule step', 'schedule: expected one of constant, cosine, exponential, oneCycle, plateau, got "step"'],
    ['--like run --config mine.ts', '--like and --config both tell the options; take one'],
    ['--out weather.csv/run', "--out: expected a folder, but 'weather.csv' is a file; choose another name"],
  ])('%s: %s', async (flags, sentence) => {
    expect(await call('train', 'weather.csv', '--target', 'warmth', ...tiny, ...flags.split(' '))).toEqual(
      refusal(sentence),
    )
    expect(await readdir(folder.path)).not.toContain('runs')
  })

  test('a learning rate that blows up ends in one sentence, and writes no model', async () => {
    const flags = ['--target', 'warmth', ...tiny, '--learning-rate', '1e30', '--out', 'blown', '--json']
    const { code, stdout, stderr } = await call('train', 'weather.csv', ...flags)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /^the loss became (Infinity|NaN) in epoch 1, step \d: .*, in sample \d+ \(rows \d+ to \d+ of 'weather.csv', 2023-.*smaller learning rate.*\n$/,
    )
    expect((await readdir(at('blown'))).sort()).toEqual(['checkpoint.safetensors', 'metrics.jsonl'])
  })
})

describe('a run that cannot be read', () => {
  beforeAll(async () => {
    const made = await call(
      'train',
      'weather.csv',
      '--target',
      'warmth',
      '--inputs',
      'warmth,rain',
      ...tiny,
      '--out',
      'run',
    )
    expect(made.code).toBe(0)
  }, 60_000)

  /** Both commands refuse a copy of the run after something was done to it. */
  async function expectRefused(harm: (copy: string) => Promise<unknown>, sentence: string) {
    const copy = at('copy')
    await rm(copy, { recursive: true, force: true })
    await cp(at('run'), copy, { recursive: true })
    await harm(copy)
    const answers = await Promise.all([call('forecast', 'copy'), call('evaluate', 'copy', '--json')])
    expect(answers).toEqual([refusal(sentence), refusal(sentence)])
  }

  const model = 'model.safetensors'
  const edit = (name: string, change: (bytes: Buffer) => Uint8Array | string) => async (copy: string) =>
    writeFile(join(copy, name), change(await readFile(join(copy, name))))
  const headerOf = (bytes: Buffer) => Number(bytes.readBigUInt64LE())

  test('a model file cut in half', async () => {
    const { length } = await readFile(at('run', model))
    const half = length >> 1
    const left = half - 8
    const needed = headerOf(await readFile(at('run', model)))
    await expectRefused(
      edit(model, (bytes) => bytes.subarray(0, half)),
      `copy/${model}: the file is cut short: expected a header of ${needed} bytes, got ${left}; copy or save the file again`,
    )
  })

  test('a model file that lacks its last bytes', async () => {
    const bytes = await readFile(at('run', model))
    const data = bytes.length - 8 - headerOf(bytes)
    await expectRefused(
      edit(model, (whole) => whole.subarray(0, -4)),
      `copy/${model}: the file is cut short: expected ${data} bytes of data, got ${data - 4}; copy or save the file again`,
    )
  })

  test('a header of 2^63 bytes', async () => {
    await expectRefused(
      edit(model, (bytes) => {
        bytes.writeBigUInt64LE(2n ** 63n)
        return bytes
      }),
      `copy/${model}: expected a safetensors header of at most 100000000 bytes, got 9223372036854775808; give a safetensors file`,
    )
  })

  test('a header that is not JSON', async () => {
    const size = headerOf(await readFile(at('run', model)))
    await expectRefused(
      edit(model, (bytes) => bytes.fill('{', 8, 8 + size)),
      `copy/${model}: expected a header of UTF-8 JSON, got ${size} bytes that are not; copy or save the file again`,
    )
  })

  test('NaN in a weight', async () => {
    await expectRefused(
      edit(model, (bytes) => {
        bytes.writeFloatLE(Number.NaN, 8 + headerOf(bytes) + 4)
        return bytes
      }),
      `copy/${model}: expected finite numbers, got 1 of 32 in tensor "0.weight_ih_l0" that are not (the first is NaN at ` +
        'index 1); train again with a smaller learning rate or with clipNorm',
    )
  })

  test('a model that is not there', async () => {
    await expectRefused((copy) => rm(join(copy, model)), `expected a model, but there is no file 'copy/${model}'`)
  })

  test('windows that the model does not fit', async () => {
    await expectRefused(
      edit(model, (bytes) =>
        Buffer.from(bytes.toString('latin1').replace('\\"horizon\\":3', '\\"horizon\\":4'), 'latin1'),
      ),
      `copy/${model}: its windows do not fit: the model takes 2 numbers a row and gives [3, 1], the windows have 2 and are to have [4, 1]`,
    )
  })

  test('a run of another version', async () => {
    await expectRefused(
      edit('run.json', (bytes) => bytes.toString().replace('"format": 2', '"format": 1')),
      'copy/run.json: expected a run of format 2, got 1; use the version of unrolled that wrote it, or train again',
    )
  })

  test('a record that is cut', async () => {
    await expectRefused(
      edit('run.json', (bytes) => bytes.subarray(0, bytes.length >> 1)),
      'copy/run.json: expected JSON, but it is cut or damaged; train again',
    )
  })

  test('a record without its options', async () => {
    await expectRefused(
      edit('run.json', () => '{ "format": 2, "data": { "path": "../weather.csv" } }'),
      'copy/run.json: its options or its data are missing; train again',
    )
  })

  test('a record without its target', async () => {
    await expectRefused(
      edit('run.json', (bytes) => bytes.toString().replace('"target": "warmth"', '"target": null')),
      'copy/run.json: its options or its data are missing; train again',
    )
  })

  test('a record that is not there, and what never was a run folder', async () => {
    const sentence = (path: string) =>
      `expected a run folder, but there is no '${path}'; give the folder that unrolled train wrote with --out`
    await expectRefused((copy) => rm(join(copy, 'run.json')), sentence('copy/run.json'))
    expect(await call('forecast', 'weather.csv')).toEqual(refusal(sentence('weather.csv/run.json')))
    expect(await call('evaluate', 'nowhere')).toEqual(refusal(sentence('nowhere/run.json')))
  })

  test('data that is gone, or has changed since', async () => {
    await mkdir(at('moved'))
    await copyFile(at('weather.csv'), at('moved/weather.csv'))
    const made = await call('train', 'moved/weather.csv', '--target', 'warmth', ...tiny, '--out', 'moved/run')
    expect(made.code).toBe(0)
    // Both may move together.
    await rename(at('moved'), at('away'))
    expect((await call('forecast', 'away/run')).code).toBe(0)
    await writeFile(at('away/weather.csv'), withLine(5, '2023-01-05,9.9,0,sun'))
    const wayOut = 'give the data to use as an argument'
    expect(await call('forecast', 'away/run')).toEqual(
      refusal(`'away/weather.csv' has changed since the run was trained; ${wayOut}`),
    )
    await rm(at('away/weather.csv'))
    for (const command of ['forecast', 'evaluate'])
      expect(await call(command, 'away/run')).toEqual(
        refusal(`'away/weather.csv', which the run was trained on, is gone; ${wayOut}`),
      )
    expect((await call('forecast', 'away/run', 'weather.csv')).code).toBe(0)
  })

  test('a horizon beyond what its inputs allow, and none at all', async () => {
    expect(await call('forecast', 'run', '--horizon', '4')).toEqual(
      refusal(
        'horizon: this model forecasts 3 steps, and 4 would need its inputs warmth, rain of the future; train with ' +
          '--horizon 4, or with the target as the only input',
      ),
    )
    expect(await call('forecast', 'run', '--horizon', '0')).toEqual(
      refusal('horizon: expected a whole number of at least 1, got 0'),
    )
  })

  test('other data that is too short, or lacks a column', async () => {
    await folder.write('week.csv', lines.slice(0, 6).join('\n'))
    await folder.write('dry.csv', lines.map((line) => line.replace(/,[^,]*,[^,]*$/, '')).join('\n'))
    expect(await call('forecast', 'run', 'week.csv')).toEqual(
      refusal("a forecast needs the last 7 rows, 'week.csv' has 5; add the rows before them"),
    )
    expect(await call('evaluate', 'run', 'dry.csv')).toEqual(
      refusal("'dry.csv' has no column 'rain'; its columns are date, warmth"),
    )
  })
})
