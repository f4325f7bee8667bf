import cliProgress from 'cli-progress'
import { adam, type Epoch, type FitOptions, fit, type Model, type Rate, type Samples } from 'unrolled'

export interface Training extends Omit<FitOptions, 'optimizer' | 'epochs'> {
  /** Learning rates of Adam: each trains on from the best weights that the one before came to. */
  readonly rates: readonly Rate[]
  /** The most epochs by each rate. */
  readonly epochs: number
  /** Epochs without a better validation loss after which a rate has done what it can; all are run where absent. */
  readonly patience?: number
  /** Ends training when an epoch's validation loss is as small. */
  readonly enough?: number
  /** What the line of an epoch shows, beside its losses. */
  readonly show?: (epoch: Epoch) => string
}

export interface Trained {
  readonly epochs: readonly Epoch[]
  /** The epoch with the least validation loss, or loss where nothing validates, whose weights the model is left with. */
  readonly best: Epoch
  /** Steps of the optimiser up to the end. */
  readonly steps: number
  /** Wall time with validation. */
  readonly seconds: number
}

/** Trains and keeps the weights of the epoch that is best on validation; a line an epoch on stderr, and a bar where that is a terminal. */
export async function trainBest(
  model: Model,
  data: { readonly train: Samples; readonly validation?: Samples },
  { rates, epochs: most, patience = most, enough = Number.NEGATIVE_INFINITY, show, seed = 0, ...options }: Training,
): Promise<Trained> {
  const started = performance.now()
  const bar = progressBar()
  const judged = ({ loss, validation }: Epoch) => (data.validation ? validation.loss : loss)
  const epochs: Epoch[] = []
  let steps = 0
  let best: Epoch | undefined
  let weights = model.parameters.read()
  try {
    for (const [phase, rate] of rates.entries()) {
      model.parameters.write(weights)
      const before = epochs.length
      let since = 0
      const onStep: FitOptions['onStep'] = (step) => {
        steps++
        bar?.update(step.epoch - 1 + step.step / step.steps, before, most * (rates.length - phase))
      }
      const phaseOptions = { ...options, epochs: most, optimizer: adam(rate), seed: seed + 1e6 * phase, onStep }
      for await (const run of fit(model, data, phaseOptions)) {
        const epoch = { ...run, epoch: before + run.epoch }
        epochs.push(epoch)
        since++
        if (best === undefined || judged(epoch) < judged(best)) {
          ;[best, since] = [epoch, 0]
          weights = model.parameters.read()
        }
        bar?.clear()
        const seconds = (performance.now() - started) / 1000
        console.error(
          `epoch ${epoch.epoch}  loss ${short(epoch.loss)}` +
            (data.validation ? `  validation ${short(epoch.validation.loss)}` : '') +
            `  gradient ${short(epoch.gradientNorm)}${show ? `  ${show(epoch)}` : ''}  ${seconds.toFixed(0)} s`,
        )
        if (since >= patience || judged(epoch) <= enough) break
      }
      if (judged(best!) <= enough) break
    }
  } finally {
    bar?.stop()
  }
  model.parameters.write(weights)
  return { epochs, best: best!, steps, seconds: (performance.now() - started) / 1000 }
}

/** The runs of a few seeds, one after another; another `seed` has others. */
export async function members<R>(count: number, seed: number, run: (seed: number) => Promise<R>): Promise<R[]> {
  const runs: R[] = []
  for (let member = 1; member <= count; member++) runs.push(await run(count * (seed - 1) + member))
  return runs
}

/** Learning rates that a flag was given, such as `0.01,0.001`. */
export const ratesOf = (value: string): number[] => value.split(',').map(Number)

const short = (value: number) => (Math.abs(value) < 0.01 ? value.toExponential(1) : value.toFixed(3))

/** A bar over the epochs there may be, with the most time that is left. */
function progressBar() {
  if (!process.stderr.isTTY) return undefined
  const format = 'epoch {epoch} [{bar}] {percentage} %  at most {left} left'
  const bar = new cliProgress.SingleBar(
    { format, stream: process.stderr, hideCursor: true, clearOnComplete: true, barsize: 20, fps: 5 },
    cliProgress.Presets.shades_classic,
  )
  const started = performance.now()
  bar.start(1, 0, { epoch: 1, left: '–' })
  return {
    update(done: number, before: number, most: number) {
      const all = before + done
      const seconds = ((performance.now() - started) / 1000 / all) * (most - done)
      const left = seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
      bar.update(all / (before + most), { epoch: Math.ceil(all), left })
    },
    clear: () => process.stderr.write('\r\x1b[K'),
    stop: () => bar.stop(),
  }
}
