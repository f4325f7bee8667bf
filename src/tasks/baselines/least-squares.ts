import { meanOf } from '../../base/statistics.ts'

/** Rows of a matrix that are multiplied at a time, so that they stay in the cache. */
const STRETCH = 256

/** What is to be fitted: inputs and answers, as they stand around their means. */
export interface Normal {
  /** XᵀX `[inputs, inputs]`, and XᵀY `[answers, inputs]`. */
  readonly gram: Float64Array
  readonly moments: Float64Array
  readonly inputMeans: Float64Array
  readonly answerMeans: Float64Array
}

/** An affine map: `weights` `[answers, inputs]`. */
export interface Affine {
  readonly weights: Float64Array
  readonly intercept: Float64Array
}

/**
 * The normal equations of least squares with an intercept. Takes the means out of what it is given.
 * @param x inputs, a column after another: `[inputs, rows]`
 * @param y answers `[answers, rows]`
 */
export function normalEquations(x: Float64Array, y: Float64Array, rows: number): Normal {
  const [inputMeans, answerMeans] = [centre(x, rows), centre(y, rows)]
  return { gram: timesTransposed(x, x, rows), moments: timesTransposed(y, x, rows), inputMeans, answerMeans }
}

/**
 * Ridge regression (Hoerl & Kennard 1970) by Cholesky's decomposition.
 * @param ridge in mean squares of an input
 */
export function ridgeRegression({ gram, moments, inputMeans, answerMeans }: Normal, ridge: number): Affine {
  const n = inputMeans.length
  let trace = 0
  for (let j = 0; j < n; j++) trace += gram[j * n + j]!
  const lower = gram.slice()
  // Inputs that never change have no square at all: anything above 0 keeps their weights at 0.
  for (let j = 0; j < n; j++) lower[j * n + j]! += ridge * (trace / n || 1)
  decompose(lower, n)
  const weights = moments.slice()
  const answers = answerMeans.length
  for (let a = 0; a < answers; a++) solve(lower, n, weights.subarray(a * n, (a + 1) * n))
  const told = timesTransposed(weights, inputMeans, n)
  return { weights, intercept: answerMeans.map((mean, a) => mean - told[a]!) }
}

/** The answers to rows of inputs `[rows, inputs]`: `[rows, answers]`. */
export function answersTo({ weights, intercept }: Affine, x: Float64Array): Float64Array {
  const answers = intercept.length
  const into = timesTransposed(x, weights, weights.length / answers)
  for (let i = 0; i < into.length; i++) into[i]! += intercept[i % answers]!
  return into
}

/** Rows `[rows, columns]` as columns, one after another. */
export function transposed(data: Float64Array, columns: number): Float64Array {
  const rows = data.length / columns
  const into = new Float64Array(data.length)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) into[c * rows + r] = data[r * columns + c]!
  return into
}

/** Takes its mean out of each column of `[columns, rows]`. */
function centre(columns: Float64Array, rows: number): Float64Array {
  return Float64Array.from({ length: columns.length / rows }, (_, c) => {
    const column = columns.subarray(c * rows, (c + 1) * rows)
    const mean = meanOf(column)
    for (let r = 0; r < rows; r++) column[r]! -= mean
    return mean
  })
}

/** A·Bᵀ of A `[m, length]` and B `[n, length]`: `[m, n]`, four numbers of a row at a time. */
function timesTransposed(a: Float64Array, b: Float64Array, length: number): Float64Array {
  const [m, n] = [a.length / length, b.length / length]
  const into = new Float64Array(m * n)
  for (let from = 0; from < length; from += STRETCH) {
    const count = Math.min(STRETCH, length - from)
    for (let i = 0; i < m; i++) {
      const atA = i * length + from
      let k = 0
      for (; k + 4 <= n; k += 4) addFour(a, atA, b, k * length + from, length, count, into, i * n + k)
      for (; k < n; k++) into[i * n + k]! += product(a, atA, b, k * length + from, count)
    }
  }
  return into
}

/** Adds the inner products of a stretch with four others, `apart` from each other. */
function addFour(
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  apart: number,
  count: number,
  into: Float64Array,
  at: number,
): void {
  let s = 0
  let t = 0
  let u = 0
  let v = 0
  const [second, third, fourth] = [atB + apart, atB + 2 * apart, atB + 3 * apart]
  for (let i = 0; i < count; i++) {
    const value = a[atA + i]!
    s += value * b[atB + i]!
    t += value * b[second + i]!
    u += value * b[third + i]!
    v += value * b[fourth + i]!
  }
  into[at]! += s
  into[at + 1]! += t
  into[at + 2]! += u
  into[at + 3]! += v
}

/** The inner product of two stretches. */
function product(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += a[atA + i]! * b[atB + i]!
  return sum
}

/** Cholesky's decomposition of a positive definite matrix `[n, n]`, in place of its lower half. */
function decompose(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const rest = matrix[i * n + j]! - product(matrix, i * n, matrix, j * n, j)
      matrix[i * n + j] = i === j ? Math.sqrt(rest) : rest / matrix[j * n + j]!
    }
}

/** Solves L·Lᵀ·x = b in place of b. */
function solve(lower: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) b[i] = (b[i]! - product(lower, i * n, b, 0, i)) / lower[i * n + i]!
  for (let i = n - 1; i >= 0; i--) {
    b[i]! /= lower[i * n + i]!
    for (let j = 0; j < i; j++) b[j]! -= lower[i * n + j]! * b[i]!
  }
}
