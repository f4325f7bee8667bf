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

  // From TensorBoard 2.20's own writer: EventFileWriter's first record at wall_time 1700000000.
  test('begin as its own do', () => {
    expect(Buffer.from(formatFileVersion(1.7e9)).toString('hex')).toMatch(/^18000000000000 *00/)
  })

  test('have checksums that a flipped bit breaks', () => {
    const bytes = formatScalars({ step: 1, time: 0, scalars: { loss: 1 } })
    for (const at of [0, 9, 14, bytes.length - 1]) {
      const harmed = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte))
      expect(() => readEvents(harmed)).toThrow('checksum')
    }
  })
})
