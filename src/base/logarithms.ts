/** log(e^a + e^b), where either may be -Infinity. */
export function logAdd(a: number, b: number): number {
  if (a < b) return logAdd(b, a)
  return b === Number.NEGATIVE_INFINITY ? a : a + Math.log1p(Math.exp(b - a))
}

/** Log-probabilities of classes from their scores: rows of `classes` numbers, in float64. */
export function logSoftmax(scores: ArrayLike<number>, classes: number): Float64Array {
  const logs = Float64Array.from(scores)
  for (let row = 0; row < logs.length; row += classes) {
    let [most, sum] = [Number.NEGATIVE_INFINITY, 0]
    for (let c = row; c < row + classes; c++) most = Math.max(most, logs[c]!)
    for (let c = row; c < row + classes; c++) sum += Math.exp(logs[c]! - most)
    const total = most + Math.log(sum)
    for (let c = row; c < row + classes; c++) logs[c]! -= total
  }
  return logs
}
