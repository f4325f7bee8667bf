import { styleText } from 'node:util'

/** Prints one JSON document, or lines for a person. */
export function print(options: { json?: boolean }, document: unknown, lines: () => readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(document, undefined, 2)}\n` : `${lines().join('\n')}\n`)
}

export type Style = Parameters<typeof styleText>[0]

/** Text in a style where the terminal shows one: not in a pipe, nor where NO_COLOR is set. */
export function style(format: Style, text: string): string {
  const { FORCE_COLOR, NO_COLOR } = process.env
  const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : !NO_COLOR && process.stdout.isTTY
  return wanted ? styleText(format, text, { validateStream: false }) : text
}

/** Columns of the terminal, 80 in a pipe. */
export const terminalWidth = (): number => process.stdout.columns || Number(process.env.COLUMNS) || 80

/** A sentence as lines that fit the terminal, each behind some indent; words longer than it stay whole. */
export function wrapped(sentence: string, indent = ''): string[] {
  const lines = ['']
  for (const word of sentence.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trimStart()
    if (lines.at(-1) === '' || line.length + indent.length <= terminalWidth()) lines[lines.length - 1] = line
    else lines.push(word)
  }
  return lines.map((line) => indent + line)
}

/** `one epoch`, `30 epochs` */
export const counted = (count: number, what: string): string => (count === 1 ? `one ${what}` : `${count} ${what}s`)

/** How the person started this command, for what to type next. */
export const commandName = (): string => process.env.UNROLLED_COMMAND ?? 'npx unrolled'

/** A path or a value as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** `--learning-rate` of `learningRate` */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`

/** How long something takes, about. */
export const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.ceil(seconds))} s` : `${Math.ceil(seconds / 60)} min`

/** A number with about three digits that matter, for people. */
export function round(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2)
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3)
}
