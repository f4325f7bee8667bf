export { formatModel, type LoadOptions, load, type ModelExtras, parseModel, save } from './model-file.ts'
