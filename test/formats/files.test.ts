import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { readWhole, writeWhole } from '../../src/formats/files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unrolled-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

const sentence = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(InputError)
  return (error as InputError).message
}

describe('writeWhole', () => {
  it('writes bytes and text, creates the folders, replaces the old file and leaves nothing else', async () => {
    const path = join(folder, 'a/b/model.bin')
    await writeWhole(path, Uint8Array.of(1, 2, 3))
    expect(new Uint8Array(await readFile(path))).toEqual(Uint8Array.of(1, 2, 3))
    await writeWhole(path, 'größe')
    expect(await readFile(path, 'utf8')).toBe('größe')
    expect(await readdir(join(folder, 'a/b'))).toEqual(['model.bin'])
  })

  it('lets two writers at once each leave a whole file', async () => {
    const path = join(folder, 'x')
    const texts = ['a', 'b'].map((letter) => letter.repeat(100_000))
    await Promise.all(texts.map((text) => writeWhole(path, text)))
    expect(texts).toContain(await readFile(path, 'utf8'))
    expect(await readdir(folder)).toEqual(['x'])
  })

  it('refuses a folder and takes back what it wrote beside it', async () => {
    const path = join(folder, 'taken')
    await mkdir(path)
    expect(await sentence(writeWhole(path, 'text'))).toBe(`cannot write '${path}': it is a folder; give a file name`)
    expect(await readdir(folder)).toEqual(['taken'])
  })

  it.each(['file/model', 'file/deeper/model'])('refuses a place below a file: %s', async (place) => {
    await writeFile(join(folder, 'file'), 'kept')
    expect(await sentence(writeWhole(join(folder, place), 'text'))).toBe(
      `cannot write '${join(folder, place)}': a part of the path before the last is a file, not a folder; choose another path`,
    )
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('kept')
  })

  it('refuses a name the disk cannot hold', async () => {
    const path = join(folder, 'n'.repeat(300))
    expect(await sentence(writeWhole(path, 'text'))).toContain('the name is too long; choose a shorter one')
  })
})

describe('readWhole', () => {
  it('reads bytes', async () => {
    await writeFile(join(folder, 'x'), Uint8Array.of(0, 255))
    expect([...(await readWhole(join(folder, 'x'), 'a model file'))]).toEqual([0, 255])
  })

  it('says there is no such file, and the nearest name beside it', async () => {
    const path = join(folder, 'wether.csv')
    const missing = `expected a CSV file, but there is no file '${path}'`
    expect(await sentence(readWhole(path, 'a CSV file'))).toBe(missing)
    await writeFile(join(folder, 'weather.csv'), '')
    expect(await sentence(readWhole(path, 'a CSV file'))).toBe(`${missing}; did you mean 'weather.csv'?`)
  })

  it('refuses a folder, a place below a file, and what does not fit in memory', async () => {
    expect(await sentence(readWhole(folder, 'a CSV file'))).toBe(
      `expected a CSV file, but '${folder}' cannot be read: it is a folder; give a file inside it`,
    )
    await writeFile(join(folder, 'file'), '')
    expect(await sentence(readWhole(join(folder, 'file/x'), 'a CSV file'))).toContain('is a file, not a folder')
    await truncate(join(folder, 'file'), 2 ** 31 + 1) // sparse: takes no space
    expect(await sentence(readWhole(join(folder, 'file'), 'a CSV file'))).toContain('larger than 2 GiB; split it')
  })
})
