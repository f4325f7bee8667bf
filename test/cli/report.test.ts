import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readEvents } from '../formats/events.ts'
import { commandLine, kernels, scratch, unrolled, weatherCsv } from './unrolled.ts'

const folder = scratch()
const at = (...path: string[]) => join(folder.path, ...path)
const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }

test("the report's command, run as it is, makes the same model, whatever the columns are called", async () => {
  const hostile = `</script><img src=x onerror="alert('1')">, &amp; $HOME`
  await folder.write('odd.csv', weatherCsv().replace('rain', `"${hostile.replaceAll('"', '""')}"`))
  await folder.write(
    'unrolled.config.mjs',
    `export default { data: 'odd.csv', target: 'warmth', unit: '°C', inputs: ${JSON.stringify(['warmth', hostile])},
      past: 7, horizon: 3, hidden: 4, epochs: 3, schedule: 'cosine', warmup: 3, optimizer: 'adamW', weightDecay: 0.01, out: 'run' }`,
  )
  const UNROLLED_COMMAND = commandLine.join(' ')
  const { code, stdout, stderr } = await unrolled(folder.path, ['train', '--tensorboard'], { UNROLLED_COMMAND })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('Written to run, with run/report.html to look at.')

  const page = await readFile(at('run/report.html'), 'utf8')
  expect(page.match(/<script>/g)).toHaveLength(2)
  expect(page).not.toContain('<img')
  const [, written] = page.match(/<pre>([\s\S]*)<\/pre>/)!
  const command = written!.replaceAll(/&(#?\w+);/g, (_, name) => entities[name]!)
  const model = await readFile(at('run/model.safetensors'), 'hex')
  await rm(at('run'), { recursive: true })
  await rm(at('unrolled.config.mjs'))
  await promisify(execFile)('sh', ['-c', command], {
    cwd: folder.path,
    env: { ...process.env, UNROLLED_KERNELS: kernels },
  })
  expect(await readFile(at('run/model.safetensors'), 'hex')).toBe(model)
  expect((await readdir(at('run'))).filter((name) => name.includes('tfevents'))).toEqual([])
})

test('--tensorboard writes events that the steps of a run fill', async () => {
  await folder.write('weather.csv', weatherCsv())
  const flags = [
    '--target',
    'warmth',
    '--past',
    '7',
    '--horizon',
    '3',
    '--hidden',
    '4',
    '--epochs',
    '2',
    '--tensorboard',
  ]
  expect(await unrolled(folder.path, ['train', 'weather.csv', ...flags])).toMatchObject({ code: 0, stderr: '' })
  const [name] = (await readdir(at('runs/weather'))).filter((name) => name.includes('tfevents'))
  const events = readEvents(await readFile(at('runs/weather', name!)))
  expect(events.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8])
  expect(new Set(events.flatMap(({ scalars }) => Object.keys(scalars))).size).toBe(7)
})
