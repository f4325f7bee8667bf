export { type LoadOptions, load, type ModelExtras, save } from './model-file.ts'
