import * as checks from './checks.ts'

/** What the same checks come to where the engine itself runs in a worker. */
function inWorker(): Promise<unknown> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = reject
    worker.postMessage('begin')
  })
}

/** The words that the engine shares with its workers, once it has started some. */
let words: Int32Array | undefined
/** Where a run's jobs and those done are counted in them; while given, the calling thread leaves all jobs to workers. */
let held: { readonly count: number; readonly done: number } | undefined
let heldRuns = 0

const post = Worker.prototype.postMessage
Worker.prototype.postMessage = function (message: unknown) {
  post.call(this, message)
  if (message instanceof Int32Array) words = message
  if (message !== undefined || !words || !held) return // nothing but a wake-up is undefined
  const end = performance.now() + 10_000
  while (Atomics.load(words, held.done) < Atomics.load(words, held.count) && performance.now() < end);
  if (performance.now() < end) heldRuns++
  else held = undefined // no worker comes
}

const holdBack = (places: typeof held) => {
  held = places
}

Object.assign(globalThis, { ...checks, inWorker, holdBack, heldRuns: () => heldRuns })
document.title = 'ready'
