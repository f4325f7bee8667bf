import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatFileVersion, formatScalars } from '../../src/formats/tensorboard.ts'

test("TensorBoard's own writer writes the same bytes", () => {
  const time = 1.7e9
  const events = [
    { step: 1, scalars: { loss: 0.5, 'gradient norm': 1234.5678 } },
    { step: 300, scalars: { loss: 1e-7 } },
    { step: 70000, scalars: { loss: Number.NaN } },
  ]
  const ours = [formatFileVersion(time), ...events.map((event) => formatScalars({ ...event, time: time + event.step }))]
  const theirs = readFileSync(new URL('tensorboard.events', import.meta.url))
  expect(Buffer.concat(ours).toString('hex')).toBe(theirs.toString('hex'))
})
