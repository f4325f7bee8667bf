/**
 * The first key that occurs twice in one object of `json`, or nothing. `JSON.parse` silently keeps the last of two, so
 * two readers of one file could see different tensors.
 * @param json text that `JSON.parse` has accepted
 */
export function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = []
  const colon = /\s*:/y
  for (let at = 0; at < json.length; at++) {
    const mark = json[at]
    if (mark === '{') open.push(new Set())
    else if (mark === '}') open.pop()
    else if (mark === '"') {
      const start = at
      at = closingQuote(json, start)
      colon.lastIndex = at + 1
      if (!colon.test(json)) continue // a value, not a key
      const key: string = JSON.parse(json.slice(start, at + 1)) // 'a' and '\u0061' are one key
      const keys = open.at(-1)!
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

/** Where the string that opens at `start` closes. */
function closingQuote(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}
