/**
 * Bad input from a person: a file, a flag, a shape, a cell. The message is one sentence that says what was expected,
 * what came and where. The command line prints it alone and ends with exit code 2; anything else is a bug of ours.
 */
export class InputError extends Error {
  override readonly name: string = 'InputError'
}

/** The candidate nearest to `word` by edit distance, if it is near enough to be a slip of the hand. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `; did you mean 'x'?` or nothing: the tail of a sentence about an unknown name. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates)
  return near === undefined ? '' : `; did you mean '${near}'?`
}

/** A value as a sentence tells it: words in quotes, numbers as they are. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
}

/** Refuses, in one sentence, a value that is not one of the words `known`. */
export function expectOneOf(what: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return
  const hint = typeof value === 'string' ? suggestion(value, known) : ''
  throw new InputError(`${what}: expected one of ${known.join(', ')}, got ${shown(value)}${hint}`)
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution))
    }
    row = next
  }
  return row[b.length]!
}
