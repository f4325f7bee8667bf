import { crossEntropyLoss } from './cross-entropy.ts'
import { meanLosses } from './mean-loss.ts'

/** The losses that training knows by name. */
export const losses = { ...meanLosses, crossEntropy: crossEntropyLoss }

export type LossName = keyof typeof losses
