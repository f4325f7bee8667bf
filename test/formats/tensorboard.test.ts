import { describe, expect, test } from 'vitest'
import { formatFileVersion, formatScalars } from '../../src/formats/tensorboard.ts'
import { readEvents } from './events.ts'

describe('event files of TensorBoard', () => {
  test('hold what was put in, record after record', () => {
    const scalars = { 'step/loss': 0.5, 'a/ü': -1.5 }
    const bytes = Buffer.concat([
      formatFileVersion(1e9),
      formatScalars({ step: 1, time: 1e9 + 0.25, scalars }),
      formatScalars({ step: 300, time: 1e9 + 0.5, scalars: {} }),
    ])
    expect(readEvents(bytes)).toEqual([
      { time: 1e9, step: 0, version: 'brain.Event:2', scalars: {} },
      { time: 1e9 + 0.25, step: 1, scalars },
      { time: 1e9 + 0.5, step: 300, scalars: {} },
    ])
  })

  // What RecordWriter of TensorBoard 2.21.0 writes of Event(wall_time=1.7e9, file_version='brain.Event:2') and of
  // Event(wall_time=1.7e9, step=300, summary=Summary(value=[Value(tag='step/loss', simple_value=0.5), Value(tag='a', simple_value=-1)])).
  test('are the bytes that its own writer makes', () => {
    const scalars = { 'step/loss': 0.5, a: -1 }
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    expect(hex(formatFileVersion(1.7e9))).toBe(
      '1800000000000000a37f4b220900000040fc54d9411a0d627261696e2e4576656e743a32eced8f9d',
    )
    expect(hex(formatScalars({ step: 300, time: 1.7e9, scalars }))).toBe(
      '2a00000000000000ae8d91f50900000040fc54d94110ac022a1c0a100a09737465702f6c6f7373150000003f0a080a016115000080bf08d6678b',
    )
  })

  test('have checksums that a flipped bit breaks', () => {
    const bytes = formatScalars({ step: 1, time: 0, scalars: { loss: 1 } })
    for (const at of [0, 9, 14, bytes.length - 1]) {
      const harmed = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte))
      expect(() => readEvents(harmed)).toThrow('checksum')
    }
  })
})
