import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/base/errors.ts'
import { spaceFlag } from '../../../src/cli/space-flag.ts'
import { checkSpace, integers, logUniform, uniform } from '../../../src/tasks/sweep/space.ts'

const swept =
  'inputs, future, calendar, past, segment, cell, hidden, layers, dropout, batch, accumulate, optimizer, ' +
  'learningRate, schedule, warmup, weightDecay, clipNorm, patience, seed'

describe('a space', () => {
  test('is plain JSON, of lists and ranges', () => {
    const space = {
      hidden: [16, 32],
      cell: ['lstm', 'gru'],
      inputs: [['a'], ['a', 'b']],
      learningRate: logUniform(1e-4, 1e-2),
      weightDecay: uniform(0, 0.1),
      past: integers(7, 56),
    }
    expect(() => checkSpace(space)).not.toThrow()
    expect(JSON.parse(JSON.stringify(space))).toEqual(space)
  })

  test.each<[unknown, string]>([
    [[16, 32], 'expected options with what to try, such as { hidden: [16, 32] }, got [16,32]'],
    [{}, 'expected options with what to try, such as { hidden: [16, 32] }, got {}'],
    [{ hiden: [4] }, `there is no option 'hiden'; did you mean 'hidden'? (what can be swept: ${swept})`],
    [{ horizon: [1, 7] }, `horizon is the same in all trials, which one loss tells apart; sweep some of ${swept}`],
    [{ hidden: [] }, 'hidden: expected whole numbers, got none'],
    [{ hidden: [4, 8.5] }, 'hidden: expected whole numbers, got 8.5'],
    [{ hidden: [4, 8, 4] }, 'hidden: expected each value once, got 4 twice'],
    [{ learningRate: ['0.1'] }, 'learningRate: expected numbers, got "0.1"'],
    [{ cell: ['lstm', 3] }, 'cell: expected names, got 3'],
    [{ inputs: ['a'] }, 'inputs: expected lists of columns, got "a"'],
    [{ hidden: 16 }, 'hidden: expected a list of whole numbers or integers(low, high), got 16'],
    [{ hidden: null }, 'hidden: expected a list of whole numbers or integers(low, high), got null'],
    [
      { hidden: uniform(4, 8) },
      'hidden: expected a list of whole numbers or integers(low, high), got {"uniform":[4,8]}',
    ],
    [{ cell: integers(1, 2) }, 'cell: expected a list of names, got {"integers":[1,2]}'],
    [
      { clipNorm: { normal: [0, 1] } },
      'clipNorm: expected a list of numbers or uniform(low, high) or logUniform(low, high) or integers(low, high), ' +
        'got {"normal":[0,1]}',
    ],
    [{ past: integers(56, 7) }, 'past: integers: expected two whole numbers, the lower one first, got [56,7]'],
    [{ past: integers(7, 8.5) }, 'past: integers: expected two whole numbers, the lower one first, got [7,8.5]'],
    [{ past: { integers: 7 } }, 'past: integers: expected two whole numbers, the lower one first, got 7'],
    [
      { learningRate: logUniform(0, 1) },
      'learningRate: logUniform: expected two numbers above 0, the lower one first, got [0,1]',
    ],
    [{ weightDecay: uniform(1, 1) }, 'weightDecay: uniform: expected two numbers, the lower one first, got [1,1]'],
  ])('%j is refused', (space, sentence) => {
    let said: unknown
    try {
      checkSpace(space)
    } catch (error) {
      said = error
    }
    expect(said).toMatchObject({ name: 'InputError', message: `space: ${sentence}` })
  })
})

describe('--space', () => {
  test('reads lists by the kind of their option, and ranges; one flag adds to those before', () => {
    const flags = [
      'hidden=16, 32',
      'cell=lstm,gru',
      'inputs=a+b,a',
      'learning-rate=log:1e-4:1e-2',
      'past=integers:7:56',
    ]
    const space = flags.reduce<ReturnType<typeof spaceFlag> | undefined>(
      (before, flag) => spaceFlag(flag, before),
      undefined,
    )
    expect(space).toEqual({
      hidden: [16, 32],
      cell: ['lstm', 'gru'],
      inputs: [['a', 'b'], ['a']],
      learningRate: { logUniform: [1e-4, 1e-2] },
      past: { integers: [7, 56] },
    })
    expect(spaceFlag('weightDecay=uniform:0:0.5')).toEqual({ weightDecay: { uniform: [0, 0.5] } })
  })

  test.each<[string, string]>([
    ['hidden', "--space: expected an option with values, such as hidden=16,32, got 'hidden'"],
    ['hidden=', "--space: expected an option with values, such as hidden=16,32, got 'hidden='"],
    ['hidden=16,many', "--space: hidden: expected a number, got 'many'"],
    ['past=integers:7:long', "--space: past: expected a number, got 'long'"],
    [
      'past=normal:7:8',
      "--space: past: expected a range such as uniform:0:1, log:1e-4:1e-2 or integers:7:56, got 'normal:7:8'",
    ],
    [
      'past=integers:7',
      "--space: past: expected a range such as uniform:0:1, log:1e-4:1e-2 or integers:7:56, got 'integers:7'",
    ],
    ['horizn=7,8', `space: there is no option 'horizn' (what can be swept: ${swept})`],
  ])('%s is refused', (flag, sentence) => {
    expect(() => spaceFlag(flag)).toThrow(new InputError(sentence))
  })
})
