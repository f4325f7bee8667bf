import { describe, expect, test } from 'vitest'
import { parseCsv } from '../../src/data/index.ts'

describe('numbers in another spelling', () => {
  test.each([
    ['decimal commas', 'x;y\n12,5;1\n-3;2\n', [12.5, -3], ["column 'x': '12,5' is read as 12.5"]],
    [
      'with points for thousands',
      'x;y\n1.200;1\n950;2\n1.000;3\n1.350,5;4\n',
      [1200, 950, 1000, 1350.5],
      ["column 'x': '1.350,5' is read as 1350.5"],
    ],
    [
      'thousands of commas',
      'x;y\n1,234.5;1\n1,000;2\n7;3\n',
      [1234.5, 1000, 7],
      ["column 'x': '1,234.5' is read as 1234.5"],
    ],
    ['millions', 'x;y\n1,234,567;1\n89;2\n', [1234567, 89], ["column 'x': '1,234,567' is read as 1234567"]],
    ['spaces', 'x;y\n1 234;1\n12\u00a0345,5;2\n', [1234, 12345.5], ["column 'x': '1 234' is read as 1234"]],
    ['apostrophes', "x;y\n1'234.5;1\n", [1234.5], ["column 'x': '1'234.5' is read as 1234.5"]],
    ['percent', 'x;y\n12.5%;1\n7 %;2\n', [12.5, 7], ["column 'x': '12.5%' is read as 12.5, in percent"]],
    ['percent of whole numbers', 'x;y\n12%;1\n7%;2\n', [12, 7], ["column 'x': '12%' is read as 12, in percent"]],
    ['money', 'x;y\n$1,184.25;1\n-€ 7;2\n', [1184.25, -7], ["column 'x': '$1,184.25' is read as 1184.25"]],
    ['truth', 'x;y\nTrue;1\nfalse;2\n', [1, 0], ["column 'x': true is read as 1 and false as 0"]],
    [
      'what another column decides',
      'x;y\n1,234;1,5\n2,345;2\n',
      [1.234, 2.345],
      ["column 'x': '1,234' is read as 1.234", "column 'y': '1,5' is read as 1.5"],
    ],
    ['what a plain column decides', 'x;y\n1,234;1.5\n2,345;2\n', [1234, 2345], ["column 'x': '1,234' is read as 1234"]],
    [
      'points that part thousands',
      'x;y\n1.234;1,5\n987;2\n',
      [1234, 987],
      [
        "column 'x': points part thousands, as elsewhere in the file: '1.234' is 1234",
        "column 'y': '1,5' is read as 1.5",
      ],
    ],
    [
      'points among commas that are decimal',
      'x;y\n12.25;1,5\n987;2\n',
      [12.25, 987],
      ["column 'y': '1,5' is read as 1.5"],
    ],
    ['plain numbers', 'x;y\n1.234;1\n0.500;2\n', [1.234, 0.5], []],
  ])('%s', (_, text, numbers, notes) => {
    const table = parseCsv(text)
    expect([...table.numbers('x')]).toEqual(numbers)
    expect(table.notes).toEqual(notes)
  })

  test('where commas part the cells, one ahead of three digits parts thousands', () => {
    const table = parseCsv('x,y\n"1,000",1\n"2,500",2\n700,3\n')
    expect([...table.numbers('x')]).toEqual([1000, 2500, 700])
    expect(table.notes).toEqual(["column 'x': '1,000' is read as 1000"])
    expect(parseCsv('x,y\n"0,125",1\n"0,250",2\n').numbers('x')[0]).toBe(0.125)
  })

  test('what could be read two ways stays as it is and is refused', () => {
    const table = parseCsv('x;y\n1,234;1\n5,678;2\n', { name: 'x.csv' })
    expect(table.kind('x')).toBe('text')
    expect(() => table.numbers('x')).toThrow(
      "row 1, column 'x': expected a number, got '1,234'; write it with a decimal point",
    )
  })

  test('many of them, among plain ones', () => {
    const rows = Array.from({ length: 600 }, (_, i) =>
      i % 2 ? `${1 + (i % 900)}.350` : `${i}.350,75`.replace(/^0\./, ''),
    )
    const numbers = parseCsv(['x;y', ...rows.map((cell) => `${cell};1`)].join('\n')).numbers('x')
    expect([...numbers]).toEqual(rows.map((_, i) => (i % 2 ? (1 + (i % 900)) * 1000 + 350 : i * 1000 + 350.75)))
  })

  test('one bad cell is still named, and a missing one still missing', () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},5;1`)
    const table = parseCsv(['x;y', ...rows, 'abc;1', ';1'].join('\n'), { name: 'x.csv' })
    expect(() => table.numbersWithHoles('x')).toThrow("row 21, column 'x': expected a number, got 'abc'")
    const holes = parseCsv(['x;y', ...rows, ';1'].join('\n')).numbersWithHoles('x')
    expect([holes[19], holes[20]]).toEqual([19.5, Number.NaN])
  })
})
