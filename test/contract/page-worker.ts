import { resolveObjectURL } from 'node:buffer'
import { Worker } from 'node:worker_threads'

/** What a page calls a Worker, over Node's: made from a Blob, up some turns later, woken by messages alone. */
export class PageWorker {
  private readonly waiting: unknown[] = []
  private worker: Worker | undefined

  constructor(url: string) {
    void resolveObjectURL(url)!
      .text()
      .then((code) => this.start(code))
  }

  postMessage(message: unknown): void {
    if (this.worker) this.worker.postMessage(message)
    else this.waiting.push(message)
  }

  private start(code: string): void {
    const listen = "require('node:worker_threads').parentPort.on('message', (data) => onmessage({ data }))"
    this.worker = new Worker(`let onmessage\n${listen}\n${code}`, { eval: true })
    this.worker.unref()
    for (const message of this.waiting) this.worker.postMessage(message)
  }
}
