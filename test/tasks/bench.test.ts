import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { median, StepTimes } from '../../src/tasks/bench.ts'
import { benchRow, benchRows } from '../../src/tasks/bench-rows.ts'

describe('the operations of a row', () => {
  test('are those of the products: forward once, and back twice but for the first input', () => {
    const [batchSteps, gates, inputs, hidden] = [64 * 100, 4 * 256, 64, 256]
    const [input, recurrent] = [2 * batchSteps * gates * inputs, 2 * batchSteps * gates * hidden]
    const row = (id: string) => benchRows.find((each) => each.id === id)!
    expect(row('g').flops).toBe(input + recurrent)
    expect(row('b').flops).toBe(2 * input + 3 * recurrent)
    expect(row('h').flops).toBe(row('b').flops)
    expect(row('d').flops).toBe((3 / 4) * row('b').flops)
  })

  test('count layers above the first, and a dense layer on all steps or on the last', () => {
    const stacked = benchRow('', '', 'lstm', [50, 100, 65, 256], { layers: 2, head: 65 })
    const [first, others, dense] = [65 * 1024, 3 * 256 * 1024, 256 * 65]
    expect(stacked.flops).toBe(2 * 5000 * (2 * first + 3 * others + 3 * dense))
    const last = benchRow('', '', 'rnn', [2, 10, 3, 4], { head: 5, last: true })
    expect(last.flops).toBe(2 * 20 * (2 * 3 * 4 + 3 * 4 * 4) + 3 * 2 * 2 * 4 * 5)
  })
})

describe('step times', () => {
  test('two steps warm up; the next count, shared among those noted as one', () => {
    const measured = new StepTimes(0)
    expect([measured.add(0), measured.add(0), measured.add(6, 3)]).toEqual([false, false, true])
    expect(measured.times).toEqual([2])
  })

  test('a second step that takes longer than all the time there is counts alone', () => {
    const measured = new StepTimes(1)
    expect([measured.add(5000), measured.add(2000)]).toEqual([false, true])
    expect(measured.times).toEqual([2000])
  })

  test('go on until the time is over', () => {
    const measured = new StepTimes(1e6)
    expect([9, 8, 7, 6, 5].map((took) => measured.add(took))).toEqual(Array(5).fill(false))
    expect(measured.times).toEqual([7, 6, 5])
    expect(median(measured.times)).toBe(6)
  })
})

test('the tables of the pages are what the results say', () => {
  const report = fileURLToPath(new URL('../../scripts/report.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [report, '--check'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
