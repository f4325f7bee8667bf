import { InputError } from '../../base/errors.ts'
import type { Table } from '../table.ts'
import { type RecordOptions, RecordReader } from './records.ts'
import { isRecord, type Value } from './values.ts'

/** Takes lines of JSON, an object each. @throws InputError for a line that is none */
export async function readJsonLines(pieces: AsyncIterable<string>, options: RecordOptions): Promise<Table> {
  const reader = new RecordReader(options)
  let rest = ''
  let line = 0
  const take = (text: string) => {
    line++
    if (text.trim() !== '') reader.add(recordOf(text, `'${options.name}', line ${line}`))
  }
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    lines.forEach(take)
  }
  take(rest)
  return reader.finish()
}

function recordOf(text: string, place: string): object {
  const value = parsed(text, place)
  if (isRecord(value)) return value
  throw new InputError(`${place}: expected an object like {"day": "2024-01-31", "sales": 35}, got ${shortened(text)}`)
}

/**
 * Takes a JSON document: an array of objects, an object of arrays, or either as the one such property of an object.
 *
 * @throws InputError for anything else
 */
export async function readJson(pieces: AsyncIterable<string>, options: RecordOptions): Promise<Table> {
  let text = ''
  for await (const piece of pieces) text += piece
  const reader = new RecordReader(options)
  const document = parsed(text, `'${options.name}'`)
  const inside = isRecord(document)
    ? Object.values(document).filter((value) => isRecords(value) || isColumns(value))
    : []
  const found = isRecords(document) || isColumns(document) ? document : inside.length === 1 ? inside[0] : undefined
  if (isRecords(found)) for (const record of found) reader.add(record)
  else if (isColumns(found)) for (const [name, values] of Object.entries(found)) reader.addColumn(name, 0, values)
  else
    throw new InputError(
      `'${options.name}': expected an array of objects or an object of arrays of one length, got ${shortened(text)}; ` +
        'write a line an object as .jsonl, or the table as CSV',
    )
  return reader.finish()
}

const isRecords = (value: Value): value is readonly object[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord)

function isColumns(value: Value): value is Readonly<Record<string, readonly Value[]>> {
  if (!isRecord(value)) return false
  const columns = Object.values(value)
  const [first] = columns
  return Array.isArray(first) && columns.every((column) => Array.isArray(column) && column.length === first.length)
}

function parsed(text: string, place: string): Value {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputError(`${place}: expected JSON, got ${shortened(text)}; it is cut, damaged or in another format`)
  }
}

const shortened = (text: string) => `'${text.trim().slice(0, 40)}${text.trim().length > 40 ? '…' : ''}'`
