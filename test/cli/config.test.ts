import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { forecasterDefaults } from '../../src/tasks/forecaster-options.ts'
import { optionNames } from '../../src/tasks/option-table.ts'
import { type Answer, scratch, unrolled, weatherCsv } from './unrolled.ts'

const folder = scratch()
const at = (...path: string[]) => join(folder.path, ...path)
const call = (...args: string[]) => unrolled(folder.path, args)
const optionsOf = async (run: string) => JSON.parse(await readFile(at(run, 'run.json'), 'utf8')).options
const refusal = (sentence: string): Answer => ({ code: 2, stdout: '', stderr: `${sentence}\n` })

const tiny = "data: 'weather.csv', target: 'warmth', past: 7, horizon: 3, hidden: 4, epochs: 1"
const whole = { target: 'warmth', inputs: ['warmth'], past: 7, horizon: 3, hidden: 4, epochs: 1 }
const config = (text: string) => `import { defineConfig } from 'unrolled'\nexport default defineConfig({ ${text} })\n`

beforeAll(() => folder.write('weather.csv', weatherCsv()))
afterEach(() => rm(at('unrolled.config.ts'), { force: true }))

describe('a config', () => {
  test('of TypeScript says what the flags do not', async () => {
    const typed = config(tiny)
      .replace('export', 'const rate: number = 0.01\nexport')
      .replace(' })', ', learningRate: rate })')
    await folder.write('unrolled.config.ts', typed)
    expect(await call('train', '--hidden', '5', '--out', 'one')).toMatchObject({ code: 0, stderr: '' })
    expect(await optionsOf('one')).toEqual({ ...forecasterDefaults, ...whole, learningRate: 0.01, hidden: 5 })
  })

  test('of JavaScript has its paths relative to itself; a data file that is given wins', async () => {
    await mkdir(at('deep'), { recursive: true })
    const text = `export default { ${tiny.replace('weather.csv', '../weather.csv')}, out: 'mine' }\n`
    await folder.write('deep/forecast.js', text)
    expect(await call('train', '--config', 'deep/forecast.js')).toMatchObject({ code: 0, stderr: '' })
    expect(await optionsOf('deep/mine')).toEqual({ ...forecasterDefaults, ...whole })
    await folder.write('next.csv', weatherCsv({ rows: 190 }))
    expect((await call('train', 'next.csv', '--config', 'deep/forecast.js')).code).toBe(0)
    expect(JSON.parse(await readFile(at('deep/mine/run.json'), 'utf8')).data.rows).toBe(190)
  })

  test.each<[string, string, string]>([
    ['an unknown key', config(`${tiny}, hiden: 4`), "there is no option 'hiden'; did you mean 'hidden'?"],
    ['a number as text', config(`${tiny}, past: '7'`), 'past: expected a number, got "7"'],
    ['a column in place of a list', config(`${tiny}, inputs: 'rain'`), 'inputs: expected a list, got "rain"'],
    ['no object', 'export default 3\n', 'expected export default defineConfig({ … }), got 3'],
    ['a syntax error', 'export default {\n  past: 7,,\n}\n', 'it does not run: '],
    ['what throws', "throw new Error('no luck')\n", 'it does not run: no luck'],
  ])('%s is refused in a sentence', async (_, text, sentence) => {
    await folder.write('unrolled.config.ts', text)
    const { code, stdout, stderr } = await call('train', 'weather.csv', '--out', 'refused')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^[^\n]*\n$/)
    expect(stderr.slice(0, 20 + sentence.length)).toBe(`unrolled.config.ts: ${sentence}`)
    expect(await readdir(folder.path)).not.toContain('refused')
  })

  test('that is not there, or says too little', async () => {
    expect(await call('train', '--config', 'none.ts')).toEqual(
      refusal("--config: there is no file 'none.ts'; unrolled init writes one"),
    )
    await folder.write('unrolled.config.ts', config("data: 'weather.csv'"))
    expect(await call('train')).toEqual(
      refusal('--target: expected a column to forecast, one of date, warmth, rain, sky'),
    )
  })
})

describe('init', () => {
  test('writes a config that runs as it is, of the columns of a table, at the defaults', async () => {
    expect(await call('init', 'weather.csv')).toEqual({
      code: 0,
      stdout: 'Written: unrolled.config.ts. Look it through, then: npx unrolled train\n',
      stderr: '',
    })
    expect(await call('train', '--epochs', '1', '--out', 'written')).toMatchObject({ code: 0, stderr: '' })
    const columns = { target: 'warmth', inputs: ['warmth', 'rain'] }
    expect(await optionsOf('written')).toEqual({ ...forecasterDefaults, ...columns, epochs: 1 })
  })

  test('has every option, each at its default where its comment is taken away', async () => {
    await call('init', 'weather.csv')
    const text = await readFile(at('unrolled.config.ts'), 'utf8')
    // Those that are nothing unless given are told by an example.
    const known = [...Object.keys(forecasterDefaults), 'unit', 'out']
    for (const name of optionNames) expect(text).toMatch(new RegExp(`^ {2}(// )?${name}: `, 'm'))
    await folder.write(
      'unrolled.config.ts',
      text
        .replaceAll(/^ {2}\/\/ (\w+)(?=: )/gm, (line, name) => (known.includes(name) ? `  ${name}` : line))
        .replace('epochs: 30', 'epochs: 1'),
    )
    expect(await call('train')).toMatchObject({ code: 0, stderr: '' })
    const own = { target: 'warmth', inputs: ['warmth', 'rain'], unit: '°C', epochs: 1 }
    expect(await optionsOf('runs/mine')).toEqual({ ...forecasterDefaults, ...own })
  })

  test('overwrites nothing, and needs a column of numbers', async () => {
    await folder.write('unrolled.config.ts', 'mine')
    expect(await call('init')).toEqual(refusal('there is an unrolled.config.ts already; change that, or move it away'))
    expect(await readFile(at('unrolled.config.ts'), 'utf8')).toBe('mine')
    await rm(at('unrolled.config.ts'))
    await folder.write('words.csv', 'sky\nsun\nrain\n')
    expect(await call('init', 'words.csv')).toEqual(refusal("'words.csv' has no column of numbers to forecast"))
    expect(await readdir(folder.path)).not.toContain('unrolled.config.ts')
  })

  test('takes a column of any name', async () => {
    const odd = `it's "50%", or \\n more`
    await folder.write('odd.csv', weatherCsv().replace('warmth', `"${odd.replaceAll('"', '""')}"`))
    expect((await call('init', 'odd.csv')).code).toBe(0)
    expect(await call('train', '--epochs', '1', '--out', 'odd')).toMatchObject({ code: 0, stderr: '' })
    expect((await optionsOf('odd')).inputs).toEqual([odd, 'rain'])
  })
})
