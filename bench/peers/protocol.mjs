/**
 * What the peers in Node share: `node PEER SECONDS THREADS ROW-JSON` prints `{ times, versions }`, times in milliseconds a
 * step, or `{ unsupported }` with the reason.
 */

/** A first step that takes longer than this, in seconds, is the last. */
const patience = 60

/** Prepares a row and times its steps: `prepare(row, threads)` gives `{ step, versions }` or `{ unsupported }`. */
export async function answer(prepare) {
  const [seconds, threads, row] = process.argv.slice(2).map((text) => JSON.parse(text))
  const { step, versions, unsupported } = await prepare(row, threads)
  const result = unsupported ? { unsupported } : { ...(await timed(step, seconds, row.repeat ?? 1)), versions }
  console.log(JSON.stringify(result))
}

/** Two steps to warm up, then steps for so many seconds; where the second alone takes longer, it is the one that counts. */
async function timed(step, seconds, repeat) {
  const once = async () => {
    const started = performance.now()
    for (let i = 0; i < repeat; i++) await step()
    return (performance.now() - started) / repeat
  }
  const first = (await once()) * repeat
  if (first > 1000 * patience) return { unsupported: `its first step took ${(first / 1000).toFixed(0)} s` }
  const second = await once()
  if (second * repeat > 1000 * seconds) return { times: [second] }
  const times = []
  const end = performance.now() + 1000 * seconds
  do times.push(await once())
  while (performance.now() < end)
  return { times }
}

/** Numbers that are neither zero nor all alike. */
export const noise = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 0.5)

/** One-hot vectors of `width`, as one array. */
export function oneHots(count, width) {
  const values = new Float32Array(count * width)
  for (let i = 0; i < count; i++) values[i * width + ((i * 31) % width)] = 1
  return values
}
