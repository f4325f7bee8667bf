/**
 * Loaded ahead of the command line: sends the process a signal ahead of the n-th renaming of a file, or with the n-th file half
 * written, as SIGNALLED="SIGKILL rename 6" says.
 */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const [signal, moment, count] = process.env.SIGNALLED.split(' ')
let left = Number(count)
const isTime = (at) => at === moment && --left === 0
const { rename, open } = fs

fs.rename = async (...paths) => {
  if (isTime('rename')) process.kill(process.pid, signal)
  return rename(...paths)
}

fs.open = async (...args) => {
  const file = await open(...args)
  const writeFile = file.writeFile.bind(file)
  file.writeFile = async (content) => {
    if (!isTime('write')) return writeFile(content)
    await writeFile(content.slice(0, content.length >> 1))
    process.kill(process.pid, signal)
  }
  return file
}
syncBuiltinESMExports()
