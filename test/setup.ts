import fc from 'fast-check'

// One seed, so that a run says of the code and not of its luck; UNROLLED_FUZZ=1 draws a new one each time.
if (!process.env.UNROLLED_FUZZ) fc.configureGlobal({ seed: 2026 })
