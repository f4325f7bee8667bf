import { node } from '../../base/node.ts'
import { bindKernels } from './table.ts'
import { control, type WorkerMessage, waitUntil, workerMain } from './thread-worker.ts'

/** Sends a worker a message; nothing stands for a mere wake-up. */
export type Post = (message?: WorkerMessage) => void

/** What a pool of threads needs of the place it runs in. */
export interface ThreadHost {
  /** Starts a worker over the shared words. It may come up late or never: whoever is up does the work. */
  start(words: Int32Array): Post
  /** Has all workers look for work. */
  wake(words: Int32Array, workers: readonly Post[]): void
  /** Whether the calling thread may sleep until workers are done. */
  readonly maySleep: boolean
}

const main = `(${workerMain})({ words, places: ${JSON.stringify(control)}, bind: ${bindKernels}, until: ${waitUntil} })`

/**
 * Sleeps until signalled, and reads messages when it wakes; the next run of a training step often follows within
 * microseconds, and waking up takes longer, so it looks out for that first. Its heap is so small that it would never be collected, and with
 * it the memories it has been told to forget.
 */
const nodeWorker = `const { parentPort, receiveMessageOnPort, workerData: words } = require('node:worker_threads')
require('node:v8').setFlagsFromString('--expose-gc')
const collect = require('node:vm').runInNewContext('globalThis.gc') ?? (() => {})
const { hear, work } = ${main}
for (let seen = 0; ; work()) {
  for (let looks = 0; looks < 10_000 && Atomics.load(words, ${control.signal}) === seen; looks++);
  Atomics.wait(words, ${control.signal}, seen)
  seen = Atomics.load(words, ${control.signal})
  let forgotten = false
  for (let got; (got = receiveMessageOnPort(parentPort)); forgotten ||= 'forget' in got.message) hear(got.message)
  if (forgotten) collect()
}`

/** Workers of Node: woken in 2 to 4 µs, and no reason for the process to go on. */
export const nodeHost: ThreadHost = {
  start(words) {
    const { Worker } = node!.getBuiltinModule('node:worker_threads')
    const worker = new Worker(nodeWorker, { eval: true, execArgv: [], workerData: words })
    worker.unref()
    return (message) => worker.postMessage(message)
  },
  wake(words) {
    Atomics.add(words, control.signal, 1)
    Atomics.notify(words, control.signal)
  },
  maySleep: true,
}

/** Messages can't be read while asleep here, so the worker is asleep between messages alone, and each one wakes it. */
const pageWorker = `onmessage = ({ data: words }) => {
  const { hear, work } = ${main}
  onmessage = ({ data }) => {
    if (data) hear(data)
    work()
  }
}`

/** Web Workers of an isolated page, or of a worker in one. They come up once the page gets a turn. */
export const pageHost: ThreadHost = {
  start(words) {
    let worker: Worker | undefined
    try {
      worker = new Worker(URL.createObjectURL(new Blob([pageWorker], { type: 'text/javascript' })))
    } catch {
      return () => {} // the page's policy forbids it
    }
    worker.onerror = () => {
      worker = undefined
    }
    worker.postMessage(words)
    return (message) => worker?.postMessage(message)
  },
  wake(_, workers) {
    for (const post of workers) post()
  },
  // A page's main thread may not. It has taken its share by then, and the last jobs of others are short.
  maySleep: 'DedicatedWorkerGlobalScope' in globalThis,
}
